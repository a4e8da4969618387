"""The pure rules of accounts: tiers, the rolled-up score, growth, what a conversion is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain import (
    DEFAULT_TIERS,
    Found,
    InvalidTiers,
    Tiers,
    check_tiers,
    company_domain,
    display_name,
    refusal,
    tier_for,
)
from services.accounts.domain.growth import Deal, values
from services.accounts.domain.score import LeadScore, roll_up
from services.accounts.domain.timeline import SHOWN, band

scores = st.lists(st.builds(LeadScore, st.uuids().map(str), st.integers(0, 100)), max_size=12)


@pytest.mark.parametrize(
    ("score", "tier"), [(0, "standard"), (49, "standard"), (50, "growth"), (79, "growth"), (80, "strategic")]
)
def test_a_tier_follows_the_score(score: int, tier: str) -> None:
    assert tier_for(score) == tier


def test_a_tenants_own_tiers_hold() -> None:
    own: Tiers = ((0, "growth"), (95, "strategic"))
    assert [tier_for(score, own) for score in (0, 94, 95)] == ["growth", "growth", "strategic"]


@pytest.mark.parametrize("tiers", [(), ((10, "growth"),), ((0, "growth"), (0, "standard"))])
def test_tiers_that_leave_a_score_without_one_are_refused(tiers: Tiers) -> None:
    check_tiers(DEFAULT_TIERS)
    with pytest.raises(InvalidTiers):
        check_tiers(tiers)


def test_a_hot_lead_makes_a_hot_account_and_a_buying_group_a_hotter_one() -> None:
    assert roll_up([LeadScore("a", 80)])[0] == 80
    assert roll_up([LeadScore("a", 80), LeadScore("b", 60), LeadScore("c", 40)])[0] == 96
    assert roll_up([LeadScore(str(n), 10) for n in range(50)])[0] == 13
    assert roll_up([])[0] == 0


@given(scores, st.data())
def test_an_accounts_score_is_explained_and_independent_of_order(
    leads: list[LeadScore], data: st.DataObject
) -> None:
    score, lines = roll_up(leads)
    assert score == sum(line.points for line in lines) <= 100
    assert score >= max((lead.score for lead in leads), default=0)
    assert roll_up([*data.draw(st.permutations(leads)), *leads]) == (score, lines)


def test_growth_is_counted_by_currency_and_a_renewal_is_no_expansion() -> None:
    won = [
        Deal("new_business", "won", 10_000, "EUR"),
        Deal("upsell", "won", 2_500, "EUR"),
        Deal("renewal", "won", 10_000, "EUR"),
        Deal("cross_sell", "won", 700, "USD"),
        Deal("upsell", "open", 900, "USD"),
        Deal("upsell", "lost", 900, "USD"),
        Deal("upsell", "won", None, None),
    ]
    euro, dollar = values(won)
    assert (euro.won_minor, euro.expansion_minor, euro.expansion_percent) == (22_500, 2_500, 25)
    assert (dollar.won_minor, dollar.open_minor, dollar.expansion_percent) == (700, 900, None)


def test_an_account_is_named_by_what_is_known_of_the_company_never_of_the_person() -> None:
    assert display_name({"company": "ACME", "first_name": "Maria"}) == "ACME"
    assert display_name({"company": None, "last_name": "Huber", "email": "m@acme.example"}) == "acme.example"
    assert display_name({"first_name": "Maria", "last_name": "Huber"}) == "Unnamed account"
    assert display_name({"email": "m@acme.example"}) == "acme.example"
    assert display_name({"email": "m@gmail.com"}) == "Unnamed account"


def test_a_mailbox_provider_is_no_company() -> None:
    assert company_domain("maria@acme.example") == "acme.example"
    assert company_domain("maria@gmail.com") is None
    assert company_domain(None) is None


def test_a_conversion_is_refused_for_the_first_reason_that_holds() -> None:
    assert refusal("A", False, Found("none")) is None
    assert refusal("B", True, Found("open", contact_in_account=True)) is None
    refused = [
        refusal("A", False, Found("open")),
        refusal("B", False, Found("none")),
        refusal("B", True, Found("closed")),
        refusal("B", True, Found("open")),
        refusal("A", False, Found("none", email_elsewhere="Globex")),
    ]
    assert [no.code for no in refused if no] == [
        "not_possible", "account_not_found", "account_closed", "contact_not_found", "email_taken"
    ]  # fmt: skip


def test_the_timeline_shows_no_score_within_its_band() -> None:
    assert [band(score) for score in (0, 39, 40, 69, 70, 100)] == [
        "new", "new", "contacted", "contacted", "qualified", "qualified"
    ]  # fmt: skip
    assert "LeadScoreAdjusted" not in SHOWN
    assert "AccountHealthChanged" not in SHOWN
