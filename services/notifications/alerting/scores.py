"""What a score says: lines that it crosses, and what the crossings come to."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2s

from services.notifications.alerting import crossings
from services.notifications.alerting.crossings import THRESHOLDS, Crossing, Line, Threshold
from services.notifications.alerting.facts import Alert, Raised, Resolved, ScoreFact
from services.notifications.alerting.state import State, Step, alert_id

SEEN = 32
"""Causes remembered per lead, to know a replay by another member of the scoring group."""


def scored(state: State, fact: ScoreFact) -> Step:
    """After a score; one that is not the newest changes nothing."""
    if (fact.epoch, fact.sequence) <= (state.epoch, state.sequence):
        return state, []
    if fact.epoch > state.epoch:
        state = replace(state, earlier=(*state.earlier, *state.current)[-SEEN:], current=())
    at = max(state.score_at, fact.occurred_at)
    mark = int.from_bytes(blake2s(fact.evidence.encode(), digest_size=4).digest())
    counted = replace(
        state,
        epoch=fact.epoch,
        sequence=fact.sequence,
        shown=fact.shown,
        score_at=at,
        current=(*state.current, mark)[-SEEN:],
        lines=_moved(state, fact, at, again=mark in state.earlier),
    )
    return settled(counted)


def settled(state: State) -> Step:
    """Says what the crossings have come to and was not said yet; nothing before the lead is known."""
    if state.version < 0:
        return state, []
    said: list[Alert] = []
    lines = []
    for line, threshold in _lines(state):
        told = tuple(_told(state, threshold, crossing, said) for crossing in line.crossings)
        lines.append(crossings.pruned(replace(line, crossings=told), state.lead_at, state.score_at))
    return replace(state, lines=tuple(lines)), said


def _moved(state: State, fact: ScoreFact, at: int, *, again: bool) -> tuple[Line, ...]:
    if again:
        return tuple(crossings.replayed(line, t, state.shown, fact.shown) for line, t in _lines(state))
    return tuple(crossings.moved(line, t, state.shown, fact, at) for line, t in _lines(state))


def _lines(state: State) -> Iterator[tuple[Line, Threshold]]:
    return zip(state.lines, THRESHOLDS, strict=True)


def _told(state: State, threshold: Threshold, crossing: Crossing, said: list[Alert]) -> Crossing:
    if crossing.arm is None or crossing.told == crossings.ENDED:
        return crossing
    cause = f"{threshold.value}:{crossing.arm}"
    if crossing.told == crossings.SILENT:
        said.append(_passed(state, threshold, crossing, cause))
    end = crossings.ended(crossing, state.closed)
    if end is None:
        return replace(crossing, told=crossings.OPENED)
    said.append(Resolved(alert_id(state, threshold.kind, cause), *end))
    return replace(crossing, told=crossings.ENDED)


def _passed(state: State, threshold: Threshold, crossing: Crossing, cause: str) -> Raised:
    return Raised(
        alert_id=alert_id(state, threshold.kind, cause),
        kind=threshold.kind,
        severity=threshold.severity,
        cause=cause,
        raised_at=crossing.occurred_at,
        recorded_at=crossing.recorded_at,
        cause_id=crossing.cause_id,
        threshold=threshold.value,
        score=crossing.score,
        status=state.status or "new",
        owner=state.owner,
    )
