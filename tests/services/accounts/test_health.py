"""The health of an account is a fold of what is known of it: explained, and the same however it came."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain.health import POINTS, START_HEALTH, Fact, Health, Kind, Limits, Risk, fold

OPENED = datetime(2026, 3, 2, 12, tzinfo=UTC)
KINDS: tuple[Kind, ...] = (
    "opportunity_opened", "upsell_qualified", "deal_won", "deal_lost", "new_lead", "sign"
)  # fmt: skip

facts = st.lists(
    st.builds(
        Fact,
        st.sampled_from(KINDS),
        st.sampled_from("abcdefgh"),
        st.integers(0, 400 * 24).map(lambda hours: OPENED + timedelta(hours=hours)),
    ),
    max_size=30,
)
days = st.integers(0, 450).map(lambda number: OPENED + timedelta(days=number))


def day(number: float) -> datetime:
    return OPENED + timedelta(days=number)


def of(*told: tuple[Kind, float], at: float = 1, limits: Limits | None = None) -> Health:
    """The health on a day, with a fact of each kind on a day."""
    known = [Fact(kind, str(number), day(when)) for number, (kind, when) in enumerate(told)]
    return fold(OPENED, known, day(at), limits or Limits())


@pytest.mark.parametrize(
    ("kind", "health"),
    [("opportunity_opened", 55), ("upsell_qualified", 60), ("deal_won", 60), ("deal_lost", 40)],
)
def test_every_rule_moves_the_health_by_its_points(kind: Kind, health: int) -> None:
    assert of().value == 50
    assert of((kind, 0.5)).value == health


def test_silence_costs_a_point_a_week_once_it_has_lasted_45_days() -> None:
    assert [of(at=at).value for at in (45, 51.9, 52, 58.9, 59, 66)] == [50, 50, 49, 49, 48, 47]


def test_a_sign_of_life_ends_the_silence_and_gives_nothing_back() -> None:
    assert of(("sign", 60), at=104).value == 48
    assert of(("sign", 60), at=60 + 52).value == 47


def test_what_leads_out_of_bounds_is_cut_off_where_it_happens() -> None:
    wins: list[tuple[Kind, float]] = [("deal_won", 0.1 * number) for number in range(1, 8)]
    health = of(*wins, ("deal_lost", 0.9))
    assert health.value == 90
    assert [line.points for line in health.contributions] == [10, 10, 10, 10, 10, 0, 0, -10]
    assert {line.rule_points for line in health.contributions[:-1]} == {10}


def test_below_40_an_account_is_at_risk_since_it_fell() -> None:
    assert of(("deal_lost", 0.5)).risk is None
    assert of(("deal_lost", 0.5), ("deal_lost", 0.7)).risk == Risk("low_health", day(0.7))


def test_90_days_without_a_new_lead_are_a_risk_whatever_else_happens() -> None:
    assert of(("sign", 80), at=89.9).risk is None
    assert of(("sign", 80), at=90).risk == Risk("no_new_lead", day(90))
    assert of(("new_lead", 89), at=90).risk is None


def test_the_next_change_is_the_next_quiet_week_or_the_end_of_the_90_days() -> None:
    assert of(at=0).next_change_at == day(52)
    assert of(at=52).next_change_at == day(59)
    assert of(("sign", 50), at=60).next_change_at == day(90)
    assert of(at=1, limits=Limits(quiet_after=timedelta(days=100))).next_change_at == day(90)


def test_an_account_without_health_changes_no_more() -> None:
    lost: list[tuple[Kind, float]] = [("deal_lost", 0.1 * number) for number in range(1, 8)]
    health = of(*lost, at=200)
    assert (health.value, health.next_change_at) == (0, None)
    assert [line.rule for line in health.contributions if line.rule == "quiet"] == []


@given(facts, days)
def test_the_points_add_up_to_the_health(known: list[Fact], at: datetime) -> None:
    health = fold(OPENED, known, at)
    assert health.value == START_HEALTH + sum(line.points for line in health.contributions)
    assert 0 <= health.value <= 100
    assert all(POINTS[line.rule] == line.rule_points for line in health.contributions)
    assert all(line.at <= at for line in health.contributions)


@given(facts, days, st.data())
def test_order_repeats_and_portions_do_not_matter(
    known: list[Fact], at: datetime, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(known))
    repeated = data.draw(st.lists(st.sampled_from(known), max_size=20)) if known else []
    assert fold(OPENED, [*shuffled, *repeated], at) == fold(OPENED, known, at)


@given(facts, days)
def test_nothing_changes_before_the_next_change_is_due(known: list[Fact], at: datetime) -> None:
    past = [fact for fact in known if fact.at <= at]
    now = fold(OPENED, past, at)
    due = now.next_change_at or at + timedelta(days=5000)
    assert due > at
    just_before = fold(OPENED, past, due - timedelta(seconds=1))
    assert (just_before.value, just_before.contributions, just_before.risk is None) == (
        now.value, now.contributions, now.risk is None
    )  # fmt: skip


@given(facts, days)
def test_at_the_due_time_something_changes(known: list[Fact], at: datetime) -> None:
    past = [fact for fact in known if fact.at <= at]
    now = fold(OPENED, past, at)
    if now.next_change_at is not None:
        then = fold(OPENED, past, now.next_change_at)
        assert (then.value, then.risk, then.next_change_at) != (now.value, now.risk, now.next_change_at)
