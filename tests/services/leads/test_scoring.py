"""Scores: the table of the product, its limits, and that any order of evidence ends in the same score."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.leads import scoring
from services.leads.scoring import (
    DAY,
    Adjustment,
    Contribution,
    Engagement,
    Evidence,
    Facts,
    InvalidRules,
    Outcome,
    Retraction,
    Rule,
    RulesChanged,
    RuleSet,
    State,
    Time,
    default_rules,
    empty,
    explain,
    fold,
    plain,
    restored,
    step,
)

RULES = default_rules()
START = 1_790_000_000_000 // DAY * DAY
HOUR = 3_600_000
ALL_FACTS: dict[str, scoring.Fact] = {
    "has_email": True,
    "has_phone": True,
    "has_company": True,
    "industry": "Technology",
    "company_size": "enterprise",
}
PROFILE = Facts("lead-created", START, 1, ALL_FACTS)
_ids = count()


def did(kind: str, at: int = START, once: int | None = None, id: str | None = None) -> Engagement:
    """An engagement, by default one of its own."""
    return Engagement(id or f"event-{next(_ids):09d}", at, kind, once)


def run(evidence: Iterable[Evidence], rules: RuleSet = RULES, state: State | None = None) -> State:
    """The state after stepping through the evidence; outcomes are checked on the way."""
    state = state or empty()
    known = {(c.rule, c.event_id): c for c in explain(state, rules)} if state.facts else {}
    for one in evidence:
        state, outcome = step(state, one, rules)
        if outcome is not None:
            known = told(known, outcome)
    assert tuple(sorted(known.values())) == tuple(sorted(explain(state, rules))) or not state.facts
    return state


def told(known: dict[tuple[str, str], Contribution], outcome: Outcome) -> dict[tuple[str, str], Contribution]:
    """What a reader holds after an outcome; an outcome must never say what does not add up."""
    kept = {} if outcome.full else {k: v for k, v in known.items() if k not in set(outcome.removed)}
    after = kept | {(c.rule, c.event_id): c for c in outcome.added}
    assert sum(c.points for c in after.values()) == outcome.raw == outcome.fit + outcome.engagement
    assert outcome.shown == max(0, min(100, outcome.raw))
    return after


def raw(state: State) -> int:
    return state.fit + state.engagement


def reasons(state: State, rules: RuleSet = RULES) -> list[str | None]:
    """Why each event counted (None) or not, in order."""
    return [c.reason for c in explain(state, rules) if c.category == "engagement"]


def test_the_worked_example() -> None:
    state, first = step(empty(), PROFILE, RULES)
    assert first
    assert (first.raw, first.grade) == (55, "A4")
    state, pricing = step(state, did("pricing_page_visited", START + HOUR), RULES)
    assert pricing
    assert (pricing.shown, pricing.previous_shown, pricing.grade) == (75, 55, "A3")
    demo = did("demo_requested", START + 2 * HOUR)
    state, asked = step(state, demo, RULES)
    assert asked
    assert asked.shown == 100
    for _ in range(2):
        state, again = step(state, demo, RULES)
        assert again is None
    day = START + DAY
    state = run((did("email_opened", day + i, once=i) for i in range(15)), state=state)
    assert raw(state) == 150
    state, gone = step(state, did("unsubscribed", day + HOUR), RULES)
    assert gone
    assert (gone.raw, gone.shown, gone.previous_shown) == (130, 100, 100)


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("email_opened", 5),
        ("email_clicked", 5),
        ("website_visited", 2),
        ("content_downloaded", 10),
        ("pricing_page_visited", 20),
        ("demo_requested", 25),
        ("email_bounced", -10),
        ("unsubscribed", -20),
        ("careers_page_visited", -5),
        ("coffee_drunk", 0),
    ],
)
def test_every_kind_gives_its_points(kind: str, points: int) -> None:
    assert raw(run([PROFILE, did(kind)])) == 55 + points


@pytest.mark.parametrize(
    ("fit", "engagement", "grade"), [(45, 50, "A1"), (44, 49, "B2"), (29, 24, "C3"), (14, 9, "D4")]
)
def test_a_grade_is_a_letter_by_fit_and_a_digit_by_engagement(fit: int, engagement: int, grade: str) -> None:
    assert scoring.grade_of(fit, engagement) == grade


def test_a_message_counts_once_and_ten_a_day_the_earliest_first() -> None:
    opened = [did("email_opened", START + i, once=i // 2) for i in range(24)]
    state = run([PROFILE, *opened])
    assert reasons(state).count(None) == 10
    assert reasons(state)[:20].count("already_counted") == 10
    assert reasons(state)[20:] == ["daily_limit"] * 4
    later = run([did("email_opened", START + DAY, once=11)], state=state)
    assert reasons(later)[-1] is None, "only counted events use up a limit"


def test_a_day_is_the_utc_day_of_the_event() -> None:
    visits = [did("website_visited", START + DAY - 11 + i) for i in range(12)]
    assert reasons(run([PROFILE, *visits])) == [None] * 10 + ["daily_limit", None]


def test_thirty_days_are_720_hours_since_the_last_counted_one() -> None:
    first, early, late = START, START + 720 * HOUR - 1, START + 720 * HOUR
    state = run([PROFILE, *(did("demo_requested", at) for at in (first, early, late))])
    assert reasons(state) == [None, "cool_down", None]


def test_a_rule_may_count_so_often_altogether() -> None:
    rules = RuleSet(2, (Rule("visit", "engagement", 3, "website_visited", max_total=2),))
    state = run([PROFILE, *(did("website_visited", START + i) for i in range(3))], rules)
    assert reasons(state, rules) == [None, None, "total_limit"]


def test_engagement_waits_until_the_lead_is_known() -> None:
    state, outcome = step(empty(), did("demo_requested"), RULES)
    assert outcome is None
    _, outcome = step(state, PROFILE, RULES)
    assert outcome
    assert (outcome.raw, outcome.full) == (80, True)


def test_a_late_event_takes_the_place_of_the_one_that_had_counted() -> None:
    state = run([PROFILE, did("pricing_page_visited", START + 5 * HOUR, id="late")])
    state, outcome = step(state, did("pricing_page_visited", START + HOUR, id="early"), RULES)
    assert outcome
    assert outcome.raw == outcome.shown == 75
    assert {(c.event_id, c.points, c.reason) for c in outcome.added} == {
        ("early", 20, None),
        ("late", 0, "cool_down"),
    }
    assert outcome.removed == (("pricing_page_visited", "late"),)


def test_a_retracted_event_gives_nothing_whichever_comes_first() -> None:
    bot = did("demo_requested", id="bot")
    back = Retraction("r", START, "bot")
    orders: list[list[Evidence]] = [[PROFILE, bot, back], [back, bot, PROFILE]]
    for evidence in orders:
        state = run(evidence)
        assert (raw(state), reasons(state)) == (55, ["retracted"])


def test_an_adjustment_is_a_contribution_of_its_own() -> None:
    state = run([PROFILE, Adjustment("by-hand", START, -7)])
    assert raw(state) == 48
    assert ("adjustment", "by-hand", -7) in {(c.rule, c.event_id, c.points) for c in explain(state, RULES)}


def test_points_for_the_profile_name_the_change_since_which_they_hold() -> None:
    mailed = Facts("second", START + 1, 2, {"has_email": True})
    both = Facts("third", START + 2, 3, {"has_email": True, "has_phone": True})
    state = run([Facts("first", START, 1, {}), both, mailed])
    assert {(c.rule, c.event_id) for c in explain(state, RULES)} == {
        ("email_present", "second"),
        ("phone_present", "third"),
    }


def test_published_rules_score_all_evidence_old_and_new() -> None:
    state = run([PROFILE, did("coffee_drunk"), did("demo_requested")])
    rules = RuleSet(2, (Rule("coffee", "engagement", 40, "coffee_drunk"),))
    state, outcome = step(state, RulesChanged("published", START), rules)
    assert outcome
    assert (outcome.raw, outcome.full, outcome.rules_version) == (40, True, 2)
    assert [c.rule_version for c in explain(state, rules)] == [2]


DECAY = RuleSet(
    3,
    (
        Rule("email", "fit", 10, field="has_email", operator="eq", values=("true",)),
        Rule("demo", "engagement", 25, "demo_requested", half_life=30 * 86_400),
        Rule("pricing", "engagement", 20, "pricing_page_visited", expiry=10 * 86_400),
    ),
)


def test_half_of_the_points_are_left_after_the_half_life_in_whole_points() -> None:
    facts: list[Evidence] = [PROFILE, did("demo_requested", START)]
    at = {days: fold(facts, DECAY, START + days * DAY) for days in (0, 29, 30, 60, 400)}
    assert {days: outcome and outcome.engagement for days, outcome in at.items()} == {
        0: 25,
        29: 12,
        30: 12,
        60: 6,
        400: 0,
    }


def test_points_expire_at_the_announced_moment() -> None:
    state, outcome = step(run([PROFILE], DECAY), did("pricing_page_visited", START), DECAY)
    assert outcome
    assert outcome.next_change_at == START + 10 * DAY
    state, nothing = step(state, Time(START + 10 * DAY - 1), DECAY)
    assert nothing is None
    state, outcome = step(state, Time(START + 10 * DAY), DECAY)
    assert outcome
    assert (outcome.raw, outcome.added[0].reason, outcome.next_change_at) == (10, "expired", None)


@given(
    points=st.integers(-60, 60).filter(bool),
    half_life=st.integers(1, 10**6),
    expiry=st.none() | st.integers(1, 10**7),
)
def test_points_change_exactly_when_announced(points: int, half_life: int, expiry: int | None) -> None:
    rules = RuleSet(
        4, (Rule("demo", "engagement", points, "demo_requested", half_life=half_life, expiry=expiry),)
    )
    evidence: list[Evidence] = [Facts("f", START, 1, {}), did("demo_requested", START)]
    at: int | None = START
    for _ in range(5):
        now = fold(evidence, rules, at)
        assert now
        if now.next_change_at is None:
            break
        before, after = (fold(evidence, rules, now.next_change_at + d) for d in (-1, 0))
        assert before
        assert after
        assert before.raw == now.raw
        assert abs(after.raw) < abs(now.raw)
        at = now.next_change_at


def test_what_lies_before_the_horizon_is_shown_and_gives_nothing() -> None:
    state = run([PROFILE, did("website_visited", START)])
    state, outcome = step(state, did("demo_requested", START - 401 * DAY, id="old"), RULES)
    assert outcome
    assert outcome.raw == 57
    assert [(c.event_id, c.points, c.reason) for c in outcome.added] == [("old", 0, "before_horizon")]


def test_sealed_events_keep_their_points_and_limits_in_a_bounded_state() -> None:
    rules = replace(RULES, max_events=40)
    events = [did("email_opened", START + i * HOUR, once=i % 90) for i in range(300)]
    state = run([PROFILE, *events], rules)
    whole = fold([PROFILE, *events], rules)
    assert whole
    assert raw(state) == whole.raw
    assert state.size <= 40
    assert len(explain(state, rules)) < 60


def test_age_alone_seals_too() -> None:
    old = [did("website_visited", START + i) for i in range(5)]
    state = run([PROFILE, *old, did("website_visited", START + 500 * DAY)])
    assert raw(state) == 55 + 12
    assert state.size == 1


def test_decaying_points_go_on_decaying_when_sealed() -> None:
    rules = replace(DECAY, max_events=8)
    events = [did("demo_requested", START + i * DAY) for i in range(40)]
    state = run([PROFILE, *events, Time(START + 400 * DAY)], rules)
    assert 10 <= raw(state) <= 14


def test_a_state_survives_being_packed() -> None:
    events = [did("email_opened", START + i * HOUR, once=i % 7) for i in range(30)]
    rules = replace(RULES, max_events=10)
    state = run([PROFILE, *events[:20]], rules)
    again = restored(plain(state), state.events)
    assert (plain(again), again.events) == (plain(state), state.events)
    assert plain(run(events[20:], rules, again)) == plain(run(events[20:], rules, state))


def test_a_step_taken_back_leaves_no_trace() -> None:
    state = run([PROFILE, did("website_visited", START)])
    step(state, did("demo_requested", START + 1), RULES)
    other, outcome = step(state, did("demo_requested", START + 1, id="other"), RULES)
    assert outcome
    assert raw(other) == 55 + 2 + 25


def test_rules_that_cannot_be_are_named_one_by_one() -> None:
    rules = [
        Rule("a", "fit", 1),
        Rule("a", "fat", 1, "x", max_per_day=0),
        Rule("b", "fit", 1, field="size", operator="gt", values=("many",)),
        Rule("adjustment", "fit", 1, field="size", operator="near"),
    ]
    with pytest.raises(InvalidRules) as caught:
        scoring.check(rules)
    assert [(index, name) for index, name, _ in caught.value.faults] == [
        (0, "event_kind"),
        (0, "operator"),
        (1, "category"),
        (1, "max_per_day"),
        (1, "key"),
        (2, "values"),
        (3, "key"),
        (3, "operator"),
    ]


@pytest.mark.parametrize(
    ("operator", "values", "value", "holds"),
    [
        ("eq", ("Finance",), "finance", True),
        ("in", ("a", "b"), "c", False),
        ("gt", ("100",), 101, True),
        ("lt", ("100",), 100, False),
        ("contains", ("tech",), "Biotech", True),
        ("exists", (), "x", True),
        ("exists", (), None, False),
        ("gt", ("1",), "many", False),
        ("eq", ("true",), True, True),
    ],
)
def test_a_condition_over_a_fact(
    operator: str, values: tuple[str, ...], value: scoring.Fact, holds: bool
) -> None:
    assert Rule("r", "fit", 1, field="f", operator=operator, values=values).holds({"f": value}) is holds


T = TypeVar("T")
KINDS = (
    "email_opened",
    "website_visited",
    "pricing_page_visited",
    "demo_requested",
    "careers_page_visited",
    "odd",
)
TIMES = st.integers(START - 40 * DAY, START + 40 * DAY) | st.integers(START, START + 30)
IDS = st.uuids().map(str)
EVENTS = st.builds(Engagement, IDS, TIMES, st.sampled_from(KINDS), st.none() | st.integers(0, 3))
BY_HAND = st.builds(Adjustment, IDS, TIMES, st.integers(-50, 50))
VALUES: st.SearchStrategy[dict[str, scoring.Fact]] = st.builds(
    lambda mail, industry: {"has_email": mail, "industry": industry},
    st.booleans(),
    st.sampled_from(["finance", "x"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Evidence]:
    """Evidence of one lead, in any order, some of it several times, some of it taken back."""
    events: list[Evidence] = draw(st.lists(st.one_of(EVENTS, EVENTS, EVENTS, BY_HAND), max_size=40))
    ids = [e.id for e in events if isinstance(e, Engagement | Adjustment)]
    if ids:
        events += draw(st.lists(st.builds(Retraction, IDS, TIMES, st.sampled_from(ids)), max_size=3))
    versions = draw(st.integers(1, 4))
    events += [Facts(f"facts-{v}", draw(TIMES), v, draw(VALUES)) for v in range(1, versions + 1)]
    again = draw(st.lists(st.sampled_from(events), max_size=10))
    return draw(st.permutations([*events, *again, Time(START + 41 * DAY)]))


def ended(state: State, rules: RuleSet) -> tuple[object, ...]:
    return state.fit, state.engagement, state.next_change_at, sorted(explain(state, rules))


@pytest.mark.parametrize("rules", [RULES, DECAY], ids=["default", "decaying"])
@given(history=histories(), cuts=st.sets(st.integers(0, 60), max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_order_any_chunking_and_repeats_end_where_the_fold_does(
    rules: RuleSet, history: Sequence[Evidence], cuts: set[int]
) -> None:
    state = empty()
    for index, one in enumerate(history):
        if index in cuts:
            state = restored(plain(state), state.events)
        state, _ = step(state, one, rules)
    whole = fold(history, rules)
    assert whole
    assert ended(state, rules) == (whole.fit, whole.engagement, whole.next_change_at, sorted(whole.added))
    assert run(history, rules).fit == whole.fit


@given(history=histories())
@settings(max_examples=200, deadline=None)
def test_the_fold_counts_what_the_product_says(history: Sequence[Evidence]) -> None:
    """Against the rules written down once more, as naively as can be."""
    whole = fold(history, RULES)
    assert whole
    assert whole.raw == naive(history)


def naive(history: Sequence[Evidence]) -> int:
    """Opened 5, once a message, 10 a day; visited 2, 10 a day; 20, 25 once in 720 h; careers -5 a day."""
    gone = {e.event_id for e in history if isinstance(e, Retraction)}
    last = max((e for e in history if isinstance(e, Facts)), key=lambda e: e.version).values
    points = 10 * (last.get("has_email") is True) + 15 * (last.get("industry") == "finance")
    points += sum(e.points for e in set(history_of(history, Adjustment)) if e.id not in gone)
    engaged = history_of(history, Engagement)
    events = sorted({(e.at, e.id, e.kind, -1 if e.once_key is None else e.once_key) for e in engaged})
    counted: list[tuple[int, str, int]] = []
    for at, id, kind, once in events:
        same = [c for c in counted if c[1] == kind]
        today = sum(c[0] // DAY == at // DAY for c in same)
        value, most, rest = {
            "email_opened": (5, 10, 0),
            "website_visited": (2, 10, 0),
            "pricing_page_visited": (20, 99, 720 * HOUR),
            "demo_requested": (25, 99, 720 * HOUR),
            "careers_page_visited": (-5, 1, 0),
        }.get(kind, (0, 99, 0))
        seen = kind == "email_opened" and once >= 0 and once in {c[2] for c in same}
        if id not in gone and not seen and today < most and not (rest and same and at - same[-1][0] < rest):
            counted.append((at, kind, once))
            points += value
    return points


def history_of(history: Sequence[Evidence], kind: type[T]) -> list[T]:
    return [e for e in history if isinstance(e, kind)]
