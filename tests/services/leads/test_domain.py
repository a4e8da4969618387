"""Status and priority of a lead, as the rules of the product say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads import domain
from services.leads.domain import (
    OPEN,
    Activity,
    Busy,
    Consent,
    NotAllowedNow,
    NotYet,
    ReasonMissing,
    Standing,
    Status,
    band,
    check_happened,
    check_movable,
    facts_of,
    first_contact,
    later,
    priority,
    promote,
    reopen,
    set_status,
    ways,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)
SCORES = st.integers(0, 100)


def by_hand(status: Status, to: Status, score: int = 60) -> domain.Moved:
    """A person's decision, with a reason."""
    return set_status(Standing(status, NOON), to, score, LATER, "no_budget", "Asked twice.")


@pytest.mark.parametrize(
    ("score", "status", "soon"),
    [
        (0, "new", "low"),
        (39, "new", "low"),
        (40, "contacted", "low"),
        (49, "contacted", "low"),
        (50, "contacted", "medium"),
        (69, "contacted", "medium"),
        (70, "qualified", "medium"),
        (79, "qualified", "medium"),
        (80, "qualified", "high"),
        (100, "qualified", "high"),
    ],
)
def test_a_score_stands_for_a_status_and_a_priority(score: int, status: str, soon: str) -> None:
    assert (band(score), priority(score)) == (status, soon)


def test_a_promotion_says_how_long_the_old_status_lasted() -> None:
    standing, (event,) = promote(Standing("new", NOON), 30, 75, LATER)
    assert standing == Standing("qualified", LATER)
    assert (event.previous, event.status, event.seconds_in_previous) == ("new", "qualified", 10_800)


@given(st.lists(SCORES, max_size=30))
def test_a_falling_score_never_demotes(scores: list[int]) -> None:
    standing, previous = Standing("new", NOON), 0
    for score in scores:
        after, events = promote(standing, previous, score, LATER)
        assert OPEN.index(after.status) >= OPEN.index(standing.status)
        assert bool(events) == (after != standing)
        standing, previous = after, score
    assert standing.status == band(max(scores, default=0))


@pytest.mark.parametrize("status", ["unqualified", "converted"])
@given(previous=SCORES, score=SCORES)
def test_automation_never_touches_the_terminal_statuses(status: Status, previous: int, score: int) -> None:
    assert promote(Standing(status, NOON), previous, score, LATER) == (Standing(status, NOON), [])


def test_a_status_set_by_hand_is_promoted_by_an_upward_crossing_only() -> None:
    standing, _ = by_hand("qualified", "new", 75)
    assert standing.pinned
    assert promote(standing, 75, 90, LATER) == (standing, [])
    assert promote(standing, 90, 60, LATER) == (standing, [])
    assert promote(standing, 60, 71, LATER)[0] == Standing("qualified", LATER)


@given(st.lists(SCORES, max_size=20), st.sampled_from(OPEN), SCORES)
def test_a_pinned_status_never_falls_either(scores: list[int], status: Status, previous: int) -> None:
    standing = Standing(status, NOON, pinned=True)
    for score in scores:
        after, _ = promote(standing, previous, score, LATER)
        crossed = OPEN.index(band(previous)) < OPEN.index(band(score))
        assert after == standing or (crossed and OPEN.index(after.status) > OPEN.index(standing.status))
        standing, previous = after, score


def test_qualified_with_a_low_score_is_allowed_with_a_warning() -> None:
    assert by_hand("new", "qualified", 49)[1][0].warning == "Qualified by hand with a score of 49, below 50."
    assert by_hand("new", "qualified", 50)[1][0].warning is None


@pytest.mark.parametrize(
    ("code", "text"), [(None, "why"), ("no_budget", None), ("", "why"), ("no_budget", "")]
)
def test_unqualified_needs_a_reason(code: str | None, text: str | None) -> None:
    with pytest.raises(ReasonMissing):
        set_status(Standing("contacted", NOON), "unqualified", 45, LATER, code, text)


def test_the_status_that_it_has_already_changes_nothing() -> None:
    standing = Standing("contacted", NOON)
    assert set_status(standing, "contacted", 45, LATER, None, None) == (standing, [])


@pytest.mark.parametrize("to", ["new", "contacted", "qualified", "unqualified"])
def test_a_converted_lead_stays_so(to: Status) -> None:
    with pytest.raises(NotAllowedNow) as caught:
        by_hand("converted", to)
    assert caught.value.extra == {"allowed": []}


@pytest.mark.parametrize("status", ["new", "contacted", "qualified", "unqualified"])
def test_nobody_converts_by_hand(status: Status) -> None:
    with pytest.raises(NotAllowedNow):
        by_hand(status, "converted")


def test_an_unqualified_lead_reopens_in_the_band_of_its_score() -> None:
    assert by_hand("unqualified", "contacted", 45)[0].status == "contacted"
    with pytest.raises(NotAllowedNow) as caught:
        by_hand("unqualified", "qualified", 45)
    assert caught.value.extra == {"allowed": ["contacted"]}


def test_scoring_sees_values_without_the_person() -> None:
    facts = facts_of({"email": "jo@example.com", "phone": None, "industry": "finance", "first_name": "Jo"})
    assert facts == {
        "has_email": True,
        "has_phone": False,
        "has_company": False,
        "has_job_title": False,
        "industry": "finance",
    }


def test_an_unqualified_lead_is_taken_up_again_where_its_score_stands() -> None:
    standing, (event,) = reopen(Standing("unqualified", NOON), 75, LATER, "They called.")
    assert standing == Standing("qualified", LATER)
    assert (event.reason_code, event.reason) == ("reopened", "They called.")
    assert reopen(Standing("new", NOON), 75, LATER, "Why not.") == (Standing("new", NOON), [])
    with pytest.raises(NotAllowedNow):
        reopen(Standing("converted", NOON), 75, LATER, "No.")


def test_nobody_moves_an_archived_lead() -> None:
    check_movable(archived=False)
    with pytest.raises(Busy) as caught:
        check_movable(archived=True)
    assert caught.value.extra == {"allowed": []}


@pytest.mark.parametrize(
    ("known", "activity", "hour", "human", "first"),
    [
        (None, "call", 1, True, True),
        (None, "mail", 1, True, True),
        (None, "meeting", 1, True, True),
        (None, "note", 1, True, False),
        (None, "call", 1, False, False),
        (NOON, "call", 1, True, False),
        (NOON, "call", -1, True, True),
        (NOON, "note", -1, True, False),
    ],
)
def test_the_first_contact_is_a_humans_and_reaches_the_person(
    known: datetime | None, activity: Activity, hour: int, human: bool, first: bool
) -> None:
    assert first_contact(known, activity, NOON + timedelta(hours=hour), human) is first


def test_nobody_logs_what_has_not_happened() -> None:
    check_happened(NOON + timedelta(minutes=4), NOON)
    with pytest.raises(NotYet):
        check_happened(NOON + timedelta(minutes=6), NOON)


@given(st.permutations(range(4)))
def test_the_later_word_of_a_person_holds_whatever_comes_first(order: list[int]) -> None:
    words = [
        Consent("email", "granted" if n % 2 else "withdrawn", NOON + timedelta(hours=n), "form")
        for n in range(4)
    ]
    known: dict[str, Any] | None = None
    for n in order:
        if later(known, words[n]):
            known = words[n].plain()
    assert known == words[3].plain()
    assert not later(known, words[3])


def test_channel_and_campaign_are_what_is_said_of_them_else_what_utm_says() -> None:
    assert ways({"utm": {"medium": "cpc", "campaign": "spring"}}) == {"channel": "cpc", "campaign": "spring"}
    said = {"channel": "fair", "campaign": None, "utm": {"utm_medium": "cpc", "utm_campaign": "autumn"}}
    assert ways(said) == {"channel": "fair", "campaign": "autumn"}
