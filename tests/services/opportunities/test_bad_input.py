"""Bad input to opportunities: refused by the field that is wrong, never a 500."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from schemathesis import GenerationMode

from tests.bad_input import service_answers_as_declared
from tests.services.house import GLOBEX, Door
from tests.services.opportunities.deals import ACCOUNT, DEALS, change, open_deal

GOOD = {"title": "Spring order", "account_id": str(ACCOUNT)}
MONEY: list[tuple[Any, str]] = [
    ({"minor": 1.5, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": 1.0, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": "100", "currency": "EUR"}, "#/amount/minor"),
    ({"minor": True, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": None, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": -1, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": 10**30, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": 10**15 + 1, "currency": "EUR"}, "#/amount/minor"),
    ({"minor": 1, "currency": "XXX"}, "#/amount/currency"),
    ({"minor": 1, "currency": "XAU"}, "#/amount/currency"),
    ({"minor": 1, "currency": "eur"}, "#/amount/currency"),
    ({"minor": 1, "currency": "€"}, "#/amount/currency"),
    ({"minor": 1, "currency": 978}, "#/amount/currency"),
    ({"minor": 1}, "#/amount/currency"),
    ({"currency": "EUR"}, "#/amount/minor"),
    ({"minor": 1, "currency": "EUR", "decimals": 2}, "#/amount/decimals"),
    (100, "#/amount"),
    ("100 EUR", "#/amount"),
    ([1, "EUR"], "#/amount"),
]
DAYS: list[Any] = [
    "2026-02-30", "2026-13-01", "2026-3-2", "26-03-02", "02.03.2026", "2026-03-02T00:00:00Z", "2026-W10-1",
    "0000-01-01", "9999-12-31", "1899-12-31", "", " 2026-03-02x", "tomorrow", 20260302, 1772452800, True,
    ["2026-03-02"],
]  # fmt: skip
LINE = {"title": "x", "unit_price": {"minor": 1, "currency": "EUR"}}
FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "#/title"),
    ({"title": "   "}, "#/title"),
    ({"title": "x" * 201}, "#/title"),
    ({"title": "nul\x00"}, "#/title"),
    ({"title": 5}, "#/title"),
    ({"account_id": "ACME"}, "#/account_id"),
    ({"account_id": None}, "#/account_id"),
    ({"contact_id": "{" + str(uuid4()) + "}"}, "#/contact_id"),
    ({"type": "dream"}, "#/type"),
    ({"pipeline": "../x"}, "#/pipeline"),
    ({"stage": "Closed Won"}, "#/stage"),
    ({"lines": {}}, "#/lines"),
    ({"lines": [{"title": "x"}]}, "#/lines/0/unit_price"),
    ({"lines": [{**LINE, "unit_price": {"minor": 0.1, "currency": "EUR"}}]}, "#/lines/0/unit_price/minor"),
    ({"lines": [{**LINE, "quantity": 0}]}, "#/lines/0/quantity"),
    ({"lines": [{**LINE, "discount_percent": 101}]}, "#/lines/0/discount_percent"),
    ({"probability": 100}, "#/probability"),
    ({"weighted": 1}, "#/weighted"),
    ({"score_factor": 1.2}, "#/score_factor"),
    ({"outcome": "won"}, "#/outcome"),
    ({"owner_id": str(uuid4())}, "#/owner_id"),
    ({"id": str(uuid4())}, "#/id"),
    ({"version": 9}, "#/version"),
    ({"created_at": "2020-01-01T00:00:00Z"}, "#/created_at"),
    ({"tenant_id": str(GLOBEX)}, "#/tenant_id"),
]  # fmt: skip


def said(answer: httpx.Response) -> tuple[int, list[str]]:
    """The status and the places that a problem names."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, [error["pointer"] for error in answer.json().get("errors", [])]


def test_money_that_is_none_is_refused_by_its_field(ana: httpx.Client) -> None:
    deal = open_deal(ana)
    for money, pointer in MONEY:
        assert said(ana.post(DEALS, json={**GOOD, "amount": money})) == (422, [pointer]), money
        assert said(change(ana, deal, amount=money)) == (422, [pointer]), money


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "1e999", "1e2", "-0.0", "01", "0x10"])
def test_a_number_that_is_none_is_refused(ana: httpx.Client, raw: str) -> None:
    body = f'{{"title": "x", "account_id": "{ACCOUNT}", "amount": {{"minor": {raw}, "currency": "EUR"}}}}'
    answer = ana.post(DEALS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    ("minor", "currency", "weighted"),
    [(0, "EUR", 0), (1, "EUR", 0), (5, "JPY", 1), (1250, "KWD", 125), (10**15, "USD", 10**14)],
)
def test_minor_units_are_minor_units_whatever_the_decimals(
    ana: httpx.Client, minor: int, currency: str, weighted: int
) -> None:
    deal = open_deal(ana, amount={"minor": minor, "currency": currency})
    assert deal["amount"] == {"minor": minor, "currency": currency}
    assert deal["weighted"] == {"minor": weighted, "currency": currency}


def test_a_day_that_is_none_is_refused(ana: httpx.Client) -> None:
    for day in DAYS:
        assert said(ana.post(DEALS, json={**GOOD, "close_date": day})) == (422, ["#/close_date"]), day
    assert open_deal(ana, close_date="2028-02-29")["close_date"] == "2028-02-29"


def test_a_body_says_which_field_is_wrong(ana: httpx.Client) -> None:
    for fields, pointer in FIELDS:
        status, pointers = said(ana.post(DEALS, json={**GOOD, **fields}))
        assert (status in (400, 422), pointers) == (True, [pointer]), fields


WRONG_QUERIES: list[tuple[str, dict[str, Any]]] = [
    ("", {"limit": 0}),
    ("", {"limit": 201}),
    ("", {"sort": "amount"}),
    ("", {"outcome": "withdrawn"}),
    ("", {"type": "dream"}),
    ("", {"cursor": "forged"}),
    ("", {"owner_id": "me"}),
    ("", {"close_from": "soon"}),
    ("", {"stale": "perhaps"}),
    ("/board", {"pipeline": "NO SUCH"}),
    ("/forecast", {"from_month": "2026-13"}),
    ("/forecast", {"from_month": "2026-3"}),
    ("/forecast", {"at": "2026-03-01"}),
    ("/forecast/accuracy", {"from_month": "0000-01"}),
]


def test_a_query_says_which_parameter_is_wrong(ana: httpx.Client) -> None:
    for path, params in WRONG_QUERIES:
        (name,) = params
        assert said(ana.get(DEALS + path, params=params)) == (400, [f"query:{name}"]), params
    backwards = ana.get(f"{DEALS}/forecast", params={"from_month": "2026-03", "to_month": "2026-02"})
    endless = ana.get(f"{DEALS}/forecast/accuracy", params={"from_month": "1900-01", "to_month": "2199-12"})
    assert said(backwards) == said(endless) == (400, ["query:to_month"])
    assert ana.get(f"{DEALS}/board", params={"pipeline": "dreams"}).status_code == 404


def test_what_people_write_is_kept_as_it_is(ana: httpx.Client) -> None:
    odd = "=cmd|' \u202e<b>Zoë\u0301 👩‍👩‍👧</b>"
    assert open_deal(ana, title=odd, description=odd)["title"] == odd


@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_that_can_be_sent_gets_an_undeclared_answer(door: Door, mode: GenerationMode) -> None:
    service_answers_as_declared(door, "opportunities", mode, examples=8)
