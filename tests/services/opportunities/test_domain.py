"""The rules of deals, without anything around them."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import money
from services.opportunities.domain import (
    DEFAULTS,
    LARGEST,
    InvalidMoney,
    InvalidPipeline,
    Line,
    Money,
    NotAllowedNow,
    Pipeline,
    ReasonMissing,
    Stage,
    StageInUse,
    Standing,
    Why,
    checked,
    edited,
    move,
    reopen,
    score_factor,
    start,
    weighted,
    worth,
)
from services.opportunities.domain import forecast as fc

SALES, RENEWALS = DEFAULTS
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRICE = Why("price", "Too dear.", "Globex")
amounts = st.integers(0, LARGEST)
percents = st.integers(0, 100)


# Money


@pytest.mark.parametrize(
    ("minor", "probability", "expected"),
    [
        (2_500_000, 10, 250_000),
        (5, 10, 1),
        (4, 10, 0),
        (1, 50, 1),
        (333, 25, 83),
        (LARGEST, 100, LARGEST),
        (LARGEST, 0, 0),
    ],
)
def test_weighted_is_amount_times_probability_half_a_unit_up(
    minor: int, probability: int, expected: int
) -> None:
    assert weighted(minor, probability) == expected


@given(amounts, percents)
def test_weighted_is_never_off_by_more_than_half_a_unit(minor: int, probability: int) -> None:
    exact = Fraction(minor * probability, 100)
    assert abs(weighted(minor, probability) - exact) <= Fraction(1, 2)
    assert weighted(minor, 100) == minor
    assert weighted(minor, 0) == 0


@given(amounts, percents, percents)
def test_weighted_rises_with_the_probability(minor: int, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert weighted(minor, low) <= weighted(minor, high)


@pytest.mark.parametrize("minor", [-1, LARGEST + 1])
def test_money_that_cannot_be_is_refused(minor: int) -> None:
    with pytest.raises(InvalidMoney):
        Money(minor, "EUR")


def test_the_largest_amount_is_the_one_that_callers_may_send() -> None:
    assert money.LARGEST == LARGEST


@given(st.integers(0, 100))
def test_the_score_factor_is_linear_from_80_to_120(score: int) -> None:
    assert abs(score_factor(score) - (80 + Fraction(40 * score, 100))) <= Fraction(1, 2)
    assert (score_factor(0), score_factor(50), score_factor(88), score_factor(100)) == (80, 100, 115, 120)


# Lines


def line(quantity: int, minor: int, discount: int = 0, currency: str = "EUR") -> Line:
    """A line item."""
    return Line("Licence", quantity, Money(minor, currency), discount)


def test_the_lines_of_a_deal_come_to_its_amount() -> None:
    assert worth(None, [line(3, 1999), line(1, 1005, 50)]) == Money(5997 + 503, "EUR")
    assert worth(Money(7, "EUR"), []) == Money(7, "EUR")
    assert worth(Money(5997, "EUR"), [line(3, 1999)]) == Money(5997, "EUR")


@pytest.mark.parametrize(
    ("amount", "lines"),
    [
        (Money(1, "EUR"), [line(3, 1999)]),
        (Money(5997, "USD"), [line(3, 1999)]),
        (None, [line(1, 1), line(1, 1, currency="USD")]),
        (None, [line(2, LARGEST)]),
    ],
)
def test_lines_that_do_not_come_to_the_amount_are_refused(amount: Money | None, lines: list[Line]) -> None:
    with pytest.raises(InvalidMoney):
        worth(amount, lines)


# Pipelines


def test_every_tenant_begins_with_these_stages() -> None:
    assert [(stage.key, stage.probability, stage.outcome) for stage in SALES.stages] == [
        ("prospecting", 10, "open"),
        ("qualification", 25, "open"),
        ("proposal", 50, "open"),
        ("negotiation", 75, "open"),
        ("closed_won", 100, "won"),
        ("closed_lost", 0, "lost"),
    ]
    assert [checked(pipeline) for pipeline in DEFAULTS] == list(DEFAULTS)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"limit_days": None}, "#/stages/0/limit_days"),
        ({"limit_days": 0}, "#/stages/0/limit_days"),
        ({"probability": 101}, "#/stages/0/probability"),
        ({"key": "proposal"}, "#/stages/2/key"),
        ({"outcome": "won"}, "#/stages/0/probability"),
    ],
)
def test_a_pipeline_says_what_is_wrong_with_it(change: dict[str, object], pointer: str) -> None:
    stages = (replace(SALES.stages[0], **change), *SALES.stages[1:])  # type: ignore[arg-type]
    with pytest.raises(InvalidPipeline) as found:
        checked(replace(SALES, stages=stages))
    assert pointer in [fault["pointer"] for fault in found.value.extra["errors"]]


@pytest.mark.parametrize("outcome", ["open", "won", "lost"])
def test_a_pipeline_needs_open_won_and_lost(outcome: str) -> None:
    stages = tuple(stage for stage in SALES.stages if stage.outcome != outcome)
    with pytest.raises(InvalidPipeline, match=outcome):
        checked(replace(SALES, stages=stages))


def test_a_stage_in_use_neither_vanishes_nor_changes_its_meaning() -> None:
    shorter = replace(SALES, stages=SALES.stages[1:])
    assert edited(SALES, shorter, {"proposal"}) == shorter
    with pytest.raises(StageInUse) as found:
        edited(SALES, shorter, {"prospecting", "proposal"})
    assert found.value.extra == {"stages": ["prospecting"]}
    turned = (replace(SALES.stages[0], outcome="lost", probability=0, limit_days=None), *SALES.stages[1:])
    with pytest.raises(StageInUse):
        edited(SALES, replace(SALES, stages=turned), {"prospecting"})


# Moves


def test_a_deal_is_stale_when_it_is_too_long_in_its_stage() -> None:
    deal = start(SALES, NOON)
    assert deal.stale_at == NOON + timedelta(days=14)
    deal, _ = move(deal, SALES, "qualification", NOON + timedelta(days=3), Why())
    assert deal.stale_at == NOON + timedelta(days=3 + 21)
    assert move(deal, SALES, "closed_won", NOON, Why())[0].stale_at is None


def test_a_running_deal_goes_anywhere_and_says_how_long_it_was_where() -> None:
    deal = start(SALES, NOON, "proposal")
    deal, (moved,) = move(deal, SALES, "prospecting", NOON + timedelta(hours=1), Why())
    assert (deal.stage, deal.probability) == ("prospecting", 10)
    assert (moved.previous, moved.seconds_in_previous) == ("proposal", 3600)


def test_a_repeated_move_is_a_no_op() -> None:
    lost, _ = move(start(SALES, NOON), SALES, "closed_lost", NOON, PRICE)
    assert move(lost, SALES, "closed_lost", NOON + timedelta(days=1), Why()) == (lost, [])
    back, _ = reopen(lost, SALES, "proposal", NOON, Why(reason="They called."))
    assert reopen(back, SALES, "proposal", NOON, Why(reason="They called.")) == (back, [])


@pytest.mark.parametrize("why", [Why(), Why("price"), Why(reason="Too dear."), Why("price", "", "Globex")])
def test_a_lost_deal_needs_code_and_text_of_the_reason(why: Why) -> None:
    with pytest.raises(ReasonMissing):
        move(start(SALES, NOON), SALES, "closed_lost", NOON, why)


@pytest.mark.parametrize("end", ["closed_won", "closed_lost"])
def test_a_closed_deal_moves_only_by_being_reopened(end: str) -> None:
    closed, _ = move(start(SALES, NOON), SALES, end, NOON, PRICE)
    for stage in SALES.stages:
        if stage.key != end:
            with pytest.raises(NotAllowedNow) as found:
                move(closed, SALES, stage.key, NOON, PRICE)
            assert found.value.extra["allowed"] == []
    with pytest.raises(ReasonMissing):
        reopen(closed, SALES, "proposal", NOON, Why())
    with pytest.raises(NotAllowedNow):
        reopen(closed, SALES, "closed_lost" if end == "closed_won" else "closed_won", NOON, PRICE)
    again, (moved,) = reopen(closed, SALES, "proposal", NOON, PRICE)
    assert (again.outcome, again.probability, moved.previous) == ("open", 50, end)


def test_a_deal_neither_begins_closed_nor_is_reopened_while_it_runs() -> None:
    with pytest.raises(NotAllowedNow) as found:
        start(SALES, NOON, "closed_won")
    assert found.value.extra["allowed"] == list(SALES.open)
    with pytest.raises(NotAllowedNow):
        reopen(start(SALES, NOON), SALES, "proposal", NOON, PRICE)
    with pytest.raises(NotAllowedNow) as found:
        move(start(SALES, NOON), SALES, "dreaming", NOON, Why())
    assert found.value.extra["allowed"] == [stage.key for stage in SALES.stages]


@given(st.lists(st.tuples(st.sampled_from([s.key for s in SALES.stages]), st.booleans()), max_size=30))
def test_whatever_is_tried_the_times_in_stages_add_up(tries: list[tuple[str, bool]]) -> None:
    deal, at, told = start(SALES, NOON), NOON, 0
    for stage, again in tries:
        at += timedelta(hours=1)
        try:
            deal, moves = (reopen if again else move)(deal, SALES, stage, at, PRICE)
        except NotAllowedNow:
            continue
        told += sum(moved.seconds_in_previous for moved in moves)
        assert_whole(deal, SALES)
    assert told == (deal.since - NOON).total_seconds()


def assert_whole(deal: Standing, pipeline: Pipeline) -> None:
    """What a deal says of itself is what its stage says."""
    stage: Stage = pipeline.stage(deal.stage)
    assert (deal.outcome, deal.probability) == (stage.outcome, stage.probability)
    assert (deal.stale_at is None) == (deal.outcome != "open")


# Forecast


MONTHS = [date(2026, month, 1) for month in (1, 2, 3)]
slots = st.builds(
    fc.Slot,
    st.sampled_from(MONTHS),
    st.sampled_from(["EUR", "JPY"]),
    st.sampled_from(["default", "renewal"]),
    st.sampled_from([None, UUID(int=1)]),
)
deals = st.builds(fc.Deal, slots, st.sampled_from(["open", "won", "lost"]), percents, amounts)


@given(st.lists(deals), st.randoms(use_true_random=False))
def test_a_forecast_is_the_sum_of_its_deals_in_any_order(found: list[fc.Deal], order: random.Random) -> None:
    lines = fc.forecast(found)
    assert fc.forecast(order.sample(found, len(found))) == lines
    assert sum(line.count for line in lines.values()) == sum(d.outcome == "open" for d in found)
    assert sum(line.expected for line in lines.values()) == sum(
        d.minor if d.outcome == "won" else weighted(d.minor, d.probability)
        for d in found
        if d.outcome != "lost"
    )


@given(st.lists(deals), st.lists(deals))
def test_forecasts_of_two_teams_add_up_to_that_of_both(ours: list[fc.Deal], theirs: list[fc.Deal]) -> None:
    one, other, both = (fc.forecast(found) for found in (ours, theirs, ours + theirs))
    for slot, line in both.items():
        parts = [found[slot] for found in (one, other) if slot in found]
        assert line.expected == sum(part.expected for part in parts)
        assert line.amount == sum(part.amount for part in parts)


@pytest.mark.parametrize(
    ("expected", "won", "percent"),
    [(100, 100, 100), (100, 80, 80), (80, 100, 80), (100, 0, 0), (0, 5, 0), (1000, 999, 99), (0, 0, None)],
)
def test_accuracy_is_how_near_the_forecast_was(expected: int, won: int, percent: int | None) -> None:
    assert fc.accuracy(expected, won) == percent


def test_win_rate_is_won_of_all_closed() -> None:
    assert (fc.win_rate(1, 2), fc.win_rate(0, 3), fc.win_rate(0, 0)) == (0.3333, 0.0, None)


def test_velocity_is_what_is_won_for_each_day_of_a_cycle() -> None:
    assert fc.velocity(9_000_000, 30 * 86_400) == 300_000
    assert fc.velocity(500, 60) == 500, "a cycle takes a day at least"


def test_months_follow_each_other_over_the_year() -> None:
    assert fc.months(date(2026, 11, 30), date(2027, 2, 1)) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
