"""The HTTP door of opportunities: opened, listed, changed, given, moved, lost with a reason, reopened."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.ids import user_id
from tests.services.house import ACME, GLOBEX, Door, House
from tests.services.opportunities.deals import ACCOUNT, DEALS, EUR, GLOBEX_AG, PRICE, change, move, open_deal


def told(house: House, type: str) -> list[dict[str, Any]]:
    """The events of a type that wait to be sent."""
    return [record for kind, record, _ in house.published() if kind == type]


def test_a_deal_begins_in_the_first_stage_of_its_pipeline(ana: httpx.Client, house: House) -> None:
    deal = open_deal(ana)
    wanted = {"pipeline": "default", "stage": "prospecting", "probability": 10, "outcome": "open"}
    assert {name: deal[name] for name in wanted} == wanted
    assert (deal["amount"], deal["weighted"]) == (EUR, {"minor": 250_000, "currency": "EUR"})
    assert (deal["close_date"], deal["type"], deal["lines"]) == ("2026-05-31", "new_business", [])
    assert (deal["stage_since"], deal["stale_at"]) == ("2026-03-02T12:00:00Z", "2026-03-16T12:00:00Z")
    assert deal["owner_id"] == str(user_id(ACME, "ana"))
    assert ana.get(f"{DEALS}/{deal['id']}").json() == deal
    (event,) = told(house, "OpportunityOpened")
    assert (event["amount_minor"], event["close_date"], event["version"]) == (2_500_000, "2026-05-31", 1)


def test_a_deal_begins_where_it_is_said_to(ana: httpx.Client) -> None:
    assert open_deal(ana, type="renewal")["pipeline"] == "renewal"
    deal = open_deal(ana, stage="proposal", close_date="2026-04-01", amount=None)
    assert (deal["stage"], deal["close_date"], deal["amount"]) == ("proposal", "2026-04-01", None)
    assert deal["weighted"] is None
    body = {"title": "x", "account_id": str(ACCOUNT)}
    closed = ana.post(DEALS, json={**body, "stage": "closed_won"})
    assert (closed.status_code, closed.json()["allowed"][0]) == (409, "prospecting")
    assert ana.post(DEALS, json={**body, "pipeline": "dreams"}).status_code == 404


def test_the_same_key_gives_the_same_deal(ana: httpx.Client) -> None:
    body = {"title": "Spring order", "account_id": str(ACCOUNT)}
    answers = [ana.post(DEALS, json=body, headers={"idempotency-key": "spring"}) for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(ana.get(DEALS).json()["items"]) == 1


def test_a_deal_moves_is_won_and_comes_back_only_when_it_is_reopened(
    ana: httpx.Client, door: Door, house: House
) -> None:
    deal = open_deal(ana)
    door.later(days=2)
    moved = move(ana, deal, "proposal")
    assert (moved["probability"], moved["stale_at"], moved["version"]) == (50, "2026-04-03T12:00:00Z", 2)
    assert move(ana, deal, "proposal") == moved, "again is a no-op"
    won = move(ana, deal, "closed_won")
    assert (won["outcome"], won["probability"], won["weighted"]) == ("won", 100, EUR)
    refused = ana.post(f"{DEALS}/{deal['id']}/stage", json={"stage": "negotiation"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, [])
    back = ana.post(f"{DEALS}/{deal['id']}/reopen", json={"stage": "negotiation", "reason": "Not signed."})
    assert (back.json()["outcome"], back.json()["closed_at"]) == ("open", None)
    moves = told(house, "OpportunityStageChanged")
    assert [(e["previous"], e["stage"], e["seconds_in_previous"], e["version"]) for e in moves] == [
        ("prospecting", "proposal", 172_800, 2),
        ("proposal", "closed_won", 0, 3),
        ("closed_won", "negotiation", 0, 4),
    ]


def test_a_lost_deal_needs_a_reason(ana: httpx.Client) -> None:
    deal = open_deal(ana)
    bare = ana.post(f"{DEALS}/{deal['id']}/stage", json={"stage": "closed_lost"})
    assert bare.status_code == 422
    lost = move(ana, deal, "closed_lost")
    assert {name: lost[name] for name in PRICE} == PRICE
    assert (lost["outcome"], lost["weighted"]["minor"], lost["stale_at"]) == ("lost", 0, None)


def test_a_stage_that_is_not_there_is_answered_with_those_that_are(ana: httpx.Client) -> None:
    refused = ana.post(f"{DEALS}/{open_deal(ana)['id']}/stage", json={"stage": "dreaming"})
    assert refused.status_code == 409
    assert refused.json()["allowed"] == [
        "prospecting", "qualification", "proposal", "negotiation", "closed_won", "closed_lost",
    ]  # fmt: skip


def test_deals_are_found_by_what_people_know_of_them(ana: httpx.Client, door: Door) -> None:
    first = open_deal(ana, title="first", close_date="2026-06-01")
    door.later(days=15)
    open_deal(ana, title="second", close_date="2026-04-01", account_id=str(GLOBEX_AG), type="upsell")
    move(ana, open_deal(ana, title="third", type="renewal", close_date="2026-05-01"), "closed_won")

    def found(**params: Any) -> list[str]:
        return [deal["title"] for deal in ana.get(DEALS, params=params).json()["items"]]

    assert found() == ["third", "second", "first"]
    assert found(sort="close_date") == ["second", "third", "first"]
    assert found(outcome="open") == found(pipeline="default") == ["second", "first"]
    assert found(outcome="won") == found(type="renewal") == found(pipeline="renewal") == ["third"]
    assert found(stage="prospecting", type="upsell") == ["second"]
    assert found(account_id=str(ACCOUNT)) == ["third", "first"]
    assert found(close_from="2026-04-02", close_to="2026-05-01") == ["third"]
    assert found(stale=True) == ["first"]
    assert found(owner_id=first["owner_id"]) == ["third", "second", "first"]
    assert found(owner_id=str(uuid4())) == found(stage="proposal") == []


@pytest.mark.parametrize("sort", ["-created_at", "close_date"])
def test_a_list_is_read_page_by_page_without_gap_or_repeat(ana: httpx.Client, door: Door, sort: str) -> None:
    for number in range(7):
        open_deal(ana, close_date=f"2026-04-{number % 3 + 1:02}")
        door.later(seconds=number % 3)
    whole = [deal["id"] for deal in ana.get(DEALS, params={"sort": sort}).json()["items"]]
    assert pages(ana, DEALS, sort=sort) == whole
    assert len(set(whole)) == 7


def pages(client: httpx.Client, path: str, **params: Any) -> list[Any]:
    """Ids of a list, or versions of a history, read two at a time."""
    seen: list[Any] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = client.get(
            path, params={**params, "limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [item.get("id", item.get("version")) for item in page["items"]]
        cursor = page["next"]
    return seen


def test_a_change_needs_the_version_that_was_seen(ana: httpx.Client, house: House) -> None:
    deal = open_deal(ana)
    assert ana.patch(f"{DEALS}/{deal['id']}", json={"title": "New"}).status_code == 428
    changed = change(
        ana, deal, title="New", amount={"minor": 100, "currency": "JPY"}, close_date="2026-12-24"
    )
    assert changed.status_code == 200
    assert (changed.json()["weighted"], changed.json()["version"]) == ({"minor": 10, "currency": "JPY"}, 2)
    assert changed.headers["etag"] == '"2"'
    assert change(ana, deal, title="Newer").status_code == 412
    assert change(ana, changed.json(), title="New").json()["version"] == 2, "as it was changes nothing"
    assert change(ana, changed.json(), title=None).status_code == 422
    assert change(ana, changed.json(), amount=None, contact_id=None).json()["amount"] is None
    assert [(sorted(e["changed"]), e["amount_minor"]) for e in told(house, "OpportunityChanged")] == [
        (["amount", "close_date", "title"], 100),
        (["amount"], None),
    ]


LICENCES = {"title": "Licence", "quantity": 3, "unit_price": {"minor": 1999, "currency": "EUR"}}
HELP = {"title": "Help", "unit_price": {"minor": 1005, "currency": "EUR"}, "discount_percent": 50}


def test_the_lines_of_a_deal_are_its_amount(ana: httpx.Client) -> None:
    deal = open_deal(ana, amount=None, lines=[LICENCES, HELP])
    assert deal["amount"] == {"minor": 5997 + 503, "currency": "EUR"}
    assert [line["minor"] for line in deal["lines"]] == [5997, 503]
    assert change(ana, deal, amount=EUR).status_code == 422
    assert change(ana, deal, amount=deal["amount"]).json()["version"] == 1
    fewer = change(ana, deal, lines=[LICENCES]).json()
    assert (fewer["amount"]["minor"], len(fewer["lines"])) == (5997, 1)
    none = change(ana, fewer, lines=[]).json()
    assert (none["amount"]["minor"], none["lines"]) == (5997, [])
    assert change(ana, none, amount=EUR).json()["amount"] == EUR


def test_lines_of_two_currencies_make_no_amount(ana: httpx.Client) -> None:
    other = {**HELP, "unit_price": {"minor": 1, "currency": "USD"}}
    body = {"title": "x", "account_id": str(ACCOUNT), "lines": [LICENCES, other]}
    assert ana.post(DEALS, json=body).status_code == 422
    assert ana.post(DEALS, json={**body, "lines": [LICENCES], "amount": EUR}).status_code == 422


def test_the_history_tells_who_what_when_and_why(ana: httpx.Client, door: Door) -> None:
    deal = open_deal(ana)
    door.later(hours=2)
    move(ana, deal, "proposal")
    change(ana, deal | {"version": 2}, amount={"minor": 1, "currency": "EUR"})
    door.later(hours=1)
    move(ana, deal, "closed_lost")
    path = f"{DEALS}/{deal['id']}/history"
    entries = ana.get(path).json()["items"]
    assert [(e["kind"], e["stage"], e["seconds_in_previous"], e["amount"]["minor"]) for e in entries] == [
        ("moved", "closed_lost", 3600, 1),
        ("changed", "proposal", None, 1),
        ("moved", "proposal", 7200, 2_500_000),
        ("opened", "prospecting", None, 2_500_000),
    ]
    assert (entries[0]["reason"], entries[0]["competitor"]) == ("Too dear.", "Globex")
    assert {entry["who"] for entry in entries} == {f"user:{user_id(ACME, 'ana')}"}
    assert pages(ana, path) == [4, 3, 2, 1]


def test_a_deal_is_given_to_a_colleague(ada: httpx.Client, ana: httpx.Client, house: House) -> None:
    deal, max_ = open_deal(ana), str(user_id(ACME, "max"))
    given = ada.post(f"{DEALS}/{deal['id']}/owner", json={"owner_id": max_}).json()
    assert (given["owner_id"], given["version"]) == (max_, 2)
    assert ada.post(f"{DEALS}/{deal['id']}/owner", json={"owner_id": max_}).json() == given
    for nobody in (str(uuid4()), str(user_id(ACME, "leo"))):
        assert ada.post(f"{DEALS}/{deal['id']}/owner", json={"owner_id": nobody}).status_code == 409
    (event,) = told(house, "OpportunityChanged")
    assert (event["changed"], event["owner_id"]) == (["owner_id"], max_)


def test_globex_finds_nothing_of_acme(ana: httpx.Client, door: Door, house: House) -> None:
    deal = open_deal(ana)
    bodies = {
        "/stage": {"stage": "closed_won"},
        "/reopen": {"stage": "proposal", "reason": "Why not."},
        "/owner": {"owner_id": None},
        "/history": None,
        "": None,
    }
    with door.client("ana", tenant=GLOBEX) as other:
        for path, body in bodies.items():
            answers = [
                other.request("POST" if body else "GET", f"{DEALS}/{id}{path}", json=body)
                for id in (deal["id"], uuid4(), "not-an-id")
            ]
            assert [answer.status_code for answer in answers] == [404, 404, 404], path
            assert answers[0].json() == answers[1].json() == answers[2].json()
        assert change(other, deal, title="Mine").status_code == 404
        assert other.get(DEALS).json()["items"] == []
    assert house.published(GLOBEX) == []
