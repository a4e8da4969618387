"""When alerts are raised, escalated and resolved, and that no order of reading changes them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import derived_id
from services.notifications import alerting
from services.notifications.alerting import (
    Escalated,
    LeadFact,
    Raised,
    Resolved,
    ScoreFact,
    State,
    SubjectFact,
    Tick,
)

ACME = "9c0e5c5e-0000-5000-8000-000000000001"
JANE = "018f0000-0000-7000-8000-00000000aced"
ANA = "018f0000-0000-7000-8000-0000000000aa"
HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_770_000_000_000

Fact = LeadFact | ScoreFact | SubjectFact | Tick


class Log:
    """Facts about Jane of ACME, in the order in which each topic tells them."""

    def __init__(self) -> None:
        self.lead: list[LeadFact] = []
        self.score: list[ScoreFact] = []

    def status(self, at: int, status: str, *, moves: bool = True, archived: bool | None = None) -> LeadFact:
        version = len(self.lead) + 1
        fact = LeadFact(
            ACME, JANE, version, f"lead-{version}", START + at, status, ANA, archived=archived, moves=moves
        )
        self.lead.append(fact)
        return fact

    def scored(self, at: int, shown: int, *, epoch: int = 1, cause: str | None = None) -> ScoreFact:
        sequence = sum(f.epoch == epoch for f in self.score) + 1
        name = cause or f"event-{len(self.score) + 1}"
        when = START + at
        fact = ScoreFact(ACME, JANE, epoch, sequence, shown, "engagement", name, when, when + 5)
        self.score.append(fact)
        return fact


def said(facts: Iterable[Fact], state: State | None = None) -> list[alerting.Alert]:
    """All that alerting says about the facts in this order."""
    state = state or State(ACME, JANE)
    out: list[alerting.Alert] = []
    for fact in facts:
        state, more = alerting.step(state, fact)
        out += more
    return out


def raised(facts: Iterable[Fact]) -> list[tuple[str, int | None]]:
    """Kind and threshold of every alert raised."""
    return [(alert.kind, alert.threshold) for alert in said(facts) if isinstance(alert, Raised)]


def resolved(facts: Iterable[Fact]) -> list[str]:
    """Reasons of every resolution."""
    return [alert.reason for alert in said(facts) if isinstance(alert, Resolved)]


def test_an_alert_is_known_by_its_tenant_kind_subject_and_cause() -> None:
    same = str(derived_id(ACME, "high_value", JANE, "85:created"))
    assert alerting.alert_id(State(ACME, JANE), "high_value", "85:created") == same


def scores(*shown: int) -> list[Fact]:
    """A new lead and its scores, one an hour."""
    log = Log()
    log.status(0, "new")
    return [*log.lead, *(log.scored((n + 1) * HOUR, score) for n, score in enumerate(shown))]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([39], []),
        ([40], [("score_threshold", 40)]),
        ([30, 55, 60], [("score_threshold", 40)]),
        ([75], [("score_threshold", 40), ("score_threshold", 70)]),
        ([69, 70, 71], [("score_threshold", 40), ("score_threshold", 70)]),
        ([85], [("score_threshold", 40), ("score_threshold", 70)]),
        ([86], [("score_threshold", 40), ("score_threshold", 70), ("high_value", 85)]),
    ],
)
def test_a_score_raises_an_alert_for_every_line_that_it_passes(
    shown: list[int], expected: list[tuple[str, int]]
) -> None:
    assert raised(scores(*shown)) == expected


@pytest.mark.parametrize(
    ("shown", "times"),
    [([45, 36, 45], 1), ([45, 35, 45], 2), ([45, 35, 39, 45], 2), ([45, 35, 45, 35, 45], 3)],
)
def test_40_is_passed_again_only_after_a_fall_of_five_below(shown: list[int], times: int) -> None:
    assert raised(scores(*shown)).count(("score_threshold", 40)) == times


@pytest.mark.parametrize(("shown", "times"), [([90, 81, 90], 1), ([90, 80, 90], 2), ([90, 80, 85], 1)])
def test_high_value_is_armed_again_at_80(shown: list[int], times: int) -> None:
    assert raised(scores(*shown)).count(("high_value", 85)) == times


def test_a_high_value_alert_is_urgent_and_says_who_when_and_how_much() -> None:
    high = [a for a in said(scores(60, 92)) if isinstance(a, Raised) and a.kind == "high_value"]
    assert [
        (a.severity, a.score, a.raised_at, a.recorded_at, a.owner, a.cause, a.cause_id) for a in high
    ] == [("urgent", 92, START + 2 * HOUR, START + 2 * HOUR + 5, ANA, "85:created", "event-2")]


def test_a_crossing_is_named_after_the_event_that_armed_it() -> None:
    causes = [a.cause for a in said(scores(50, 30, 50)) if isinstance(a, Raised)]
    assert causes == ["40:created", "40:engagement:event-2"]


def test_an_alert_resolves_when_the_score_falls_five_below() -> None:
    assert resolved(scores(50, 36)) == []
    assert resolved(scores(50, 35)) == ["score_fell"]


@pytest.mark.parametrize(
    ("status", "reasons"),
    [("qualified", []), ("unqualified", ["status_changed"]), ("converted", ["status_changed"])],
)
def test_a_crossing_outlives_the_promotion_that_it_causes_but_not_the_end_of_the_lead(
    status: str, reasons: list[str]
) -> None:
    log = Log()
    facts: list[Fact] = [log.status(0, "contacted"), log.scored(HOUR, 50), log.status(2 * HOUR, status)]
    assert resolved(facts) == reasons


def test_archiving_resolves_everything() -> None:
    log = Log()
    facts: list[Fact] = [
        log.status(0, "qualified"),
        log.scored(HOUR, 75),
        Tick(START + 15 * DAY),
        log.status(16 * DAY, "qualified", moves=False, archived=True),
        Tick(START + 60 * DAY),
    ]
    assert resolved(facts) == ["archived"] * 4
    assert [a for a in said(facts) if isinstance(a, Escalated)] == []


def test_a_reopened_lead_is_armed_again_and_waits_for_the_next_crossing() -> None:
    log = Log()
    log.status(0, "new")
    log.scored(HOUR, 75)
    log.status(2 * HOUR, "unqualified")
    log.status(3 * HOUR, "qualified")
    facts: list[Fact] = [log.lead[0], log.score[0], *log.lead[1:]]
    assert raised(facts) == [("score_threshold", 40), ("score_threshold", 70)]
    facts += [log.scored(4 * HOUR, 68), log.scored(5 * HOUR, 72)]
    again = [a for a in said(facts) if isinstance(a, Raised)][2:]
    assert [(a.threshold, a.cause) for a in again] == [(70, "70:lead-3")]


def test_scores_wait_for_the_lead() -> None:
    log = Log()
    score = log.scored(HOUR, 92)
    assert said([score]) == []
    assert len(raised([score, log.status(0, "new")])) == 3


def test_a_lead_stagnates_after_more_than_seven_days_in_an_open_status() -> None:
    log = Log()
    lead = log.status(0, "contacted")
    assert raised([lead, Tick(START + 7 * DAY)]) == []
    alerts = said([lead, Tick(START + 9 * DAY), Tick(START + 10 * DAY), Tick(START + 9 * DAY)])
    assert [(a.kind, a.cause, a.raised_at) for a in alerts if isinstance(a, Raised)] == [
        ("stagnation", "lead-1", START + 7 * DAY + 1)
    ]


@pytest.mark.parametrize("status", ["unqualified", "converted"])
def test_a_closed_lead_never_stagnates(status: str) -> None:
    assert raised([Log().status(0, status), Tick(START + 90 * DAY)]) == []


def test_a_change_of_status_starts_the_seven_days_again_and_an_edit_does_not() -> None:
    log = Log()
    moved: list[Fact] = [log.status(0, "new"), log.status(6 * DAY, "contacted"), Tick(START + 8 * DAY)]
    assert raised(moved) == []
    log = Log()
    edited: list[Fact] = [
        log.status(0, "new"),
        log.status(6 * DAY, "new", moves=False),
        Tick(START + 8 * DAY),
    ]
    assert raised(edited) == [("stagnation", None)]


def test_a_fact_first_fires_the_timers_that_were_due_before_it() -> None:
    log = Log()
    alerts = said([log.status(0, "new"), log.status(8 * DAY, "contacted")])
    assert [type(a) for a in alerts] == [Raised, Resolved]
    assert isinstance(alerts[0], Raised)
    assert alerts[0].raised_at == START + 7 * DAY + 1


def test_a_qualified_lead_is_overdue_after_14_days_and_escalates_weekly_under_the_same_alert() -> None:
    log = Log()
    alerts = said([log.status(0, "qualified"), Tick(START + 30 * DAY), log.status(31 * DAY, "converted")])
    overdue = [a for a in alerts if isinstance(a, Raised) and a.kind == "conversion_overdue"]
    escalated = [a for a in alerts if isinstance(a, Escalated)]
    assert [a.raised_at for a in overdue] == [START + 14 * DAY + 1]
    assert [(a.level, a.escalated_at) for a in escalated] == [
        (1, START + 21 * DAY + 1),
        (2, START + 28 * DAY + 1),
    ]
    assert {a.alert_id for a in escalated} == {overdue[0].alert_id}
    assert len([a for a in alerts if isinstance(a, Resolved)]) == 2


def test_a_state_says_when_it_wants_to_be_woken() -> None:
    state = State(ACME, JANE)
    assert alerting.due(state) is None
    state, _ = alerting.step(state, Log().status(0, "qualified"))
    dues = []
    for _ in range(3):
        due = alerting.due(state)
        assert due is not None
        dues.append(due - START)
        state, _ = alerting.step(state, Tick(due))
    assert dues == [7 * DAY + 1, 14 * DAY + 1, 21 * DAY + 1]


def test_evidence_counted_again_by_another_member_is_the_same_crossing() -> None:
    log = Log()
    facts: list[Fact] = [log.status(0, "new")]
    facts += [log.scored(HOUR, 30, cause="facts"), log.scored(2 * HOUR, 55, cause="demo")]
    facts += [log.scored(3 * HOUR, 75, cause="pricing")]
    again = [
        log.scored(2 * HOUR, 55, epoch=9, cause="demo"),
        log.scored(3 * HOUR, 75, epoch=9, cause="pricing"),
    ]
    assert said([*facts, *again]) == said(facts)


def test_what_a_zombie_says_late_is_ignored() -> None:
    log = Log()
    facts: list[Fact] = [log.status(0, "new"), log.scored(HOUR, 50, epoch=9)]
    assert said([*facts, log.scored(2 * HOUR, 95, epoch=1)]) == said(facts)


STATUSES = ("new", "contacted", "qualified", "unqualified", "converted")
MOMENTS = st.integers(0, 400)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Any life of a lead: statuses and archive in one topic, scores in the other, each in its order."""
    log = Log()
    log.status(0, draw(st.sampled_from(STATUSES)))
    for at in sorted(draw(st.lists(MOMENTS, max_size=8))):
        status = draw(st.sampled_from(STATUSES))
        moves = draw(st.booleans())
        archived = None if moves else draw(st.sampled_from([None, True, False]))
        log.status(at * HOUR, status, moves=moves, archived=archived)
    for at in sorted(draw(st.lists(MOMENTS, max_size=12))):
        log.scored(
            at * HOUR, draw(st.sampled_from([0, 34, 35, 36, 41, 64, 65, 66, 69, 72, 80, 81, 84, 90, 100]))
        )
    return log


@st.composite
def readings(draw: st.DrawFn, log: Log) -> list[Fact]:
    """The log as one reader may see it: the topics interleaved at will, stretches delivered again."""
    turns = draw(st.permutations([True] * len(log.lead) + [False] * len(log.score)))
    topics: dict[bool, Sequence[Fact]] = {True: log.lead, False: log.score}
    position = {True: 0, False: 0}
    seen: list[Fact] = []
    for turn in turns:
        back = draw(st.integers(0, position[turn])) if draw(st.integers(0, 9)) == 0 else position[turn]
        position[turn] += 1
        seen += topics[turn][back : position[turn]]
    return seen


Ending = tuple[Raised, int, bool]
"""What an alert was, how far it escalated, whether it is still open."""


def ends(alerts: Iterable[alerting.Alert]) -> dict[str, Ending]:
    """What every alert comes to: what it is, how far it escalated, whether it is still open."""
    result: dict[str, Ending] = {}
    for alert in alerts:
        if isinstance(alert, Raised):
            assert alert.alert_id not in result, "raised twice"
            result[alert.alert_id] = (replace(alert, status="", owner=None), 0, True)
            continue
        what, level, is_open = result[alert.alert_id]
        assert is_open, "said of a resolved alert"
        result[alert.alert_id] = (
            (what, alert.level, True) if isinstance(alert, Escalated) else (what, level, False)
        )
    return result


@given(st.data())
def test_the_alerts_do_not_depend_on_the_interleaving_of_topics_nor_on_repeats(data: st.DataObject) -> None:
    log = data.draw(logs())
    last = Tick(START + 500 * HOUR)
    straight = ends(said([*log.lead, *log.score, last]))
    assert ends(said([*data.draw(readings(log)), last])) == straight


def moment(fact: Fact) -> tuple[int, bool]:
    """Place of a fact in time; a tick comes after everything that was written before it."""
    return (fact.time, True) if isinstance(fact, Tick) else (fact.occurred_at, False)


@given(st.data())
def test_a_tick_that_waited_for_its_inputs_changes_no_alert(data: st.DataObject) -> None:
    log = data.draw(logs())
    last = Tick(START + 500 * HOUR)
    ticks = [Tick(START + at * HOUR) for at in data.draw(st.lists(MOMENTS, max_size=4))]
    facts: list[Fact] = [*log.lead, *log.score, *ticks]
    timeline = sorted(facts, key=moment)
    assert ends(said([*timeline, last])) == ends(said([*log.lead, *log.score, last]))


@given(logs(), st.integers(0, 20))
def test_a_state_that_is_kept_and_taken_up_again_goes_on_as_before(log: Log, cut: int) -> None:
    facts: list[Fact] = [*log.lead, *log.score]
    facts.sort(key=moment)
    state = State(ACME, JANE)
    first: list[alerting.Alert] = []
    for fact in facts[:cut]:
        state, more = alerting.step(state, fact)
        first += more
    assert first + said(facts[cut:], state) == said(facts)


def test_one_fact_raises_one_alert_whatever_comes_twice() -> None:
    facts = scores(50, 75, 92)
    alerts = [a.alert_id for a in said([*facts, *facts, *reversed(facts)]) if isinstance(a, Raised)]
    assert len(alerts) == len(set(alerts)) == 3
