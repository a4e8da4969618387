"""What leads cost by source (F7)."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.domain import Spent, Won, returns
from services.leads.domain.costs import each
from tests.services.leads.conftest import Door, House
from tests.services.leads.test_api import LEADS, created, rise, said
from tests.services.leads.test_lifecycle import set_row

COSTS = f"{LEADS}/costs"


def entry(source: str, month: str, minor: Any, currency: Any = "EUR") -> dict[str, Any]:
    """An entry as marketing makes it."""
    return {"source": source, "month": month, "amount": {"minor": minor, "currency": currency}}


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_a_share_is_a_whole_number_of_minor_units(minor: int, number: int) -> None:
    share = each(minor, number)
    assert share is not None
    assert abs(2 * (share * number - minor)) <= number


def test_spending_in_two_currencies_is_never_added_up() -> None:
    spent = [Spent("ads", "2026-03", 1000, "EUR"), Spent("ads", "2026-03", 900, "USD")]
    lines = returns(spent, [Won("ads", "2026-03", 3, 2, 0)], by_month=False)
    assert [(line.currency, line.per_lead, line.per_customer) for line in lines] == [
        ("EUR", 333, None),
        ("USD", 300, None),
    ]


def test_what_a_source_costs_is_set_against_what_it_brought(
    ana: httpx.Client, ada: httpx.Client, door: Door, house: House
) -> None:
    best = created(ana, company="A", lead_source="ads")
    created(ana, company="B", lead_source="ads")
    created(ana, company="C", lead_source="referral")
    rise(house, best, 75)
    set_row(house, best, status="converted")
    door.later(days=40)
    created(ana, company="D", lead_source="ads")
    seen = ana.get(COSTS)
    book = {"costs": [entry("ads", "2026-03", 100_001), entry("ads", "2026-04", 50_000)]}
    assert ana.put(COSTS, json=book, headers={"if-match": seen.headers["etag"]}).status_code == 403
    answer = ada.put(COSTS, json=book, headers={"if-match": seen.headers["etag"]})
    assert answer.status_code == 200, answer.text
    ads, referral = answer.json()["sources"]
    assert (ads["leads"], ads["qualified"], ads["converted"]) == (3, 1, 1)
    euros = ("spent", "per_lead", "per_qualified", "per_customer")
    assert [ads[name]["minor"] for name in euros] == [150_001, 50_000, 150_001, 150_001]
    assert (referral["leads"], referral["spent"], referral["per_lead"]) == (1, None, None)
    march, april = [line for line in ana.get(COSTS).json()["months"] if line["source"] == "ads"]
    assert (march["month"], march["per_lead"]["minor"]) == ("2026-03", 50_001)
    assert (april["month"], april["per_lead"]["minor"], april["per_customer"]) == ("2026-04", 50_000, None)


WRONG = [
    ([entry("ads", "2026-03", 1.5)], "#/costs/0/amount/minor"),
    ([entry("ads", "2026-03", "5")], "#/costs/0/amount/minor"),
    ([entry("ads", "2026-03", -1)], "#/costs/0/amount/minor"),
    ([entry("ads", "2026-03", 10**30)], "#/costs/0/amount/minor"),
    ([entry("ads", "2026-03", 5, "XXX")], "#/costs/0/amount/currency"),
    ([entry("ads", "2026-03", 5, "eur")], "#/costs/0/amount/currency"),
    ([entry("ads", "2026-13", 5)], "#/costs/0/month"),
    ([entry("ads", "0000-01", 5)], "#/costs/0/month"),
    ([entry("dream", "2026-03", 5)], "#/lead_source"),
    ([entry("ads", "2026-03", 5), entry("Ads", "2026-03", 6)], "#/costs/1"),
]


@pytest.mark.parametrize(("costs", "pointer"), WRONG)
def test_money_is_whole_minor_units_of_a_currency(
    ada: httpx.Client, costs: list[dict[str, Any]], pointer: str
) -> None:
    answer = ada.put(COSTS, json={"costs": costs}, headers={"if-match": '"0"'})
    assert said(answer) == (422, [pointer])
