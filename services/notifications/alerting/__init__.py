"""Alerts as a fold of facts: crossings, stagnation, overdue conversions. Pure: no clock, no I/O.

`step` takes a subject's state and one fact or tick and gives the new state and what is to be said. The set
of alerts depends on what each topic says in its own order: interleaving, chunking, repeats change nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2s

from services.notifications.alerting import concerns as worry
from services.notifications.alerting import crossings as cross
from services.notifications.alerting import stays
from services.notifications.alerting.concerns import Concern, Concerns
from services.notifications.alerting.crossings import THRESHOLDS, Crossing, Line, Threshold
from services.notifications.alerting.facts import (
    OPEN,
    Alert,
    Escalated,
    LeadFact,
    Raised,
    Resolved,
    ScoreFact,
    SubjectFact,
    Tick,
    derived,
)
from services.notifications.alerting.stays import Stay, Timer

__all__ = [
    "Alert",
    "Concern",
    "Crossing",
    "Escalated",
    "LeadFact",
    "Line",
    "Raised",
    "Resolved",
    "ScoreFact",
    "State",
    "Stay",
    "SubjectFact",
    "Tick",
    "alert_id",
    "derived",
    "due",
    "step",
]

SEEN = 32
"""Causes remembered per lead, to know a replay by another member of the scoring group."""


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept of one lead, account or opportunity; bounded. Of the latter two only concerns."""

    tenant: str
    lead: str
    version: int = -1
    """Of the last lead event; -1 while only scores are known: they wait, and nothing is said."""
    lead_at: int = 0
    owner: str | None = None
    archived: bool = False
    stay: Stay | None = None
    closed: tuple[int, str] | None = None
    """When and why the lead last left the open statuses."""
    epoch: int = -1
    sequence: int = -1
    shown: int = 0
    score_at: int = 0
    earlier: tuple[int, ...] = ()
    """Causes counted in earlier epochs, hashed."""
    current: tuple[int, ...] = ()
    """Causes counted in this epoch, hashed."""
    lines: tuple[Line, ...] = field(default_factory=lambda: tuple(Line() for _ in THRESHOLDS))
    concerns: Concerns = ()
    respond_by: int | None = None
    contacted: bool = False
    expands: bool = False


Step = tuple[State, list[Alert]]


def step(state: State, fact: LeadFact | ScoreFact | SubjectFact | Tick) -> Step:
    """The state after the fact, and what is to be said. A repeat or an older fact changes and says nothing.

    A subject begins as `State(tenant, lead)`. A lead's fact at time t first fires its timers due by t.
    """
    if isinstance(fact, Tick):
        return _fire(state, fact.time)
    if isinstance(fact, SubjectFact):
        return _subject(state, fact)
    return _lead(state, fact) if isinstance(fact, LeadFact) else _score(state, fact)


def due(state: State) -> int | None:
    """When the state's next timer fires, milliseconds; None where none is set."""
    timer, concern = _next_timer(state), worry.next_due(state.concerns)
    return min((at for at in (timer.due if timer else None, concern) if at is not None), default=None)


def alert_id(state: State, kind: str, cause: str) -> str:
    """Id of the subject's alert of this kind and cause: the same fact is the same alert (G6)."""
    return derived(state.tenant, kind, state.lead, cause)


def _next_timer(state: State) -> Timer | None:
    return None if state.archived or state.stay is None else stays.next_timer(state.stay)


def _fire(state: State, now: int) -> Step:
    said: list[Alert] = []
    while (timer := _next_timer(state)) and timer.due <= now and state.stay:
        said.append(_timed(state, state.stay, timer))
        state = replace(state, stay=stays.fired(state.stay, timer))
    concerns, due = worry.fired(state.concerns, now)
    said += [_concerned(state, concern) for concern in due]
    return replace(state, concerns=concerns) if due else state, said


def _concerned(state: State, concern: Concern) -> Raised:
    return Raised(
        alert_id=alert_id(state, concern.kind, concern.cause),
        kind=concern.kind,
        severity=worry.SEVERITY[concern.kind],
        cause=concern.cause,
        raised_at=concern.due,
        recorded_at=concern.due,
        cause_id=concern.cause,
        threshold=None,
        score=None,
        status=state.stay.status if state.stay else None,
        owner=state.owner,
    )


def _timed(state: State, stay: Stay, timer: Timer) -> Alert:
    alert = alert_id(state, timer.kind, stay.event_id)
    if timer.level:
        return Escalated(alert, timer.level, timer.due, state.owner)
    return Raised(
        alert_id=alert,
        kind=timer.kind,
        severity="warning",
        cause=stay.event_id,
        raised_at=timer.due,
        recorded_at=timer.due,
        cause_id=stay.event_id,
        threshold=None,
        score=None,
        status=stay.status,
        owner=state.owner,
    )


def _score(state: State, fact: ScoreFact) -> Step:
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
    return _settled(counted)


def _moved(state: State, fact: ScoreFact, at: int, *, again: bool) -> tuple[Line, ...]:
    if again:
        return tuple(cross.replayed(line, t, state.shown, fact.shown) for line, t in _lines(state))
    return tuple(cross.moved(line, t, state.shown, fact, at) for line, t in _lines(state))


def _lines(state: State) -> Iterator[tuple[Line, Threshold]]:
    return zip(state.lines, THRESHOLDS, strict=True)


def _lead(state: State, fact: LeadFact) -> Step:
    if fact.version <= state.version:
        return state, []
    at = max(state.lead_at, fact.occurred_at)
    state, said = _fire(state, at)
    state = replace(state, version=fact.version, lead_at=at, owner=fact.owner)
    for change in (_archived, _restayed, _concerning):
        state, more = change(state, fact)
        said += more
    state, more = _settled(state)
    return state, said + more


def _archived(state: State, fact: LeadFact) -> Step:
    if fact.archived is None or fact.archived == state.archived:
        return state, []
    state = replace(state, archived=fact.archived)
    return (
        _left(replace(state, closed=(state.lead_at, "archived")), "archived")
        if fact.archived
        else (state, [])
    )


def _restayed(state: State, fact: LeadFact) -> Step:
    before = state.stay
    if fact.status is None or (before and (not fact.moves or fact.status == before.status)):
        return state, []
    state, said = _left(state, "status_changed")
    state = replace(state, stay=Stay(fact.status, fact.event_id, fact.occurred_at))
    if before and before.status in OPEN and fact.status not in OPEN:
        state = replace(state, closed=(state.lead_at, "status_changed"))
    if before and before.status == "unqualified" and fact.status in OPEN:
        lines = tuple(cross.reopened(line, state.lead_at, fact.event_id) for line in state.lines)
        state = replace(state, lines=lines)
    return state, said


def _concerning(state: State, fact: LeadFact) -> Step:
    """What of the lead is to worry about now: nobody owns it, nobody answered, a customer may grow."""
    state = replace(
        state,
        respond_by=state.respond_by if fact.respond_by is None else fact.respond_by,
        contacted=state.contacted if fact.contacted is None else fact.contacted,
        expands=state.expands if fact.expands is None else fact.expands,
    )
    alive = state.stay is not None and state.stay.status in OPEN and not state.archived
    lasting = {
        "unassigned_lead": state.lead_at if state.owner is None else None,
        "sla_breach": None if state.contacted else state.respond_by,
        "upsell_lead": state.lead_at if state.expands else None,
    }
    concerns = state.concerns
    for kind, due in lasting.items():
        if alive and due is not None:
            concerns = worry.begun(concerns, Concern(kind, fact.event_id, due))
    over = [kind for kind, due in lasting.items() if not alive or due is None]
    state, said = _over(replace(state, concerns=concerns), over, "ended" if alive else "status_changed")
    fired, more = _fire(state, state.lead_at)
    return fired, said + more


def _subject(state: State, fact: SubjectFact) -> Step:
    if fact.version <= state.version:
        return state, []
    at = max(state.lead_at, fact.occurred_at)
    state, said = _fire(state, at)
    state = replace(state, version=fact.version, lead_at=at, owner=fact.owner)
    state, more = _over(state, fact.ends, fact.reason)
    concerns = state.concerns
    for kind, cause, due in fact.begins:
        concerns = worry.begun(concerns, Concern(kind, cause, due))
    state, last = _fire(replace(state, concerns=concerns), at)
    return state, said + more + last


def _over(state: State, kinds: Iterable[str], reason: str) -> Step:
    concerns, gone = worry.ended(state.concerns, kinds)
    said: list[Alert] = [
        Resolved(alert_id(state, one.kind, one.cause), state.lead_at, reason) for one in gone
    ]
    return (state if concerns == state.concerns else replace(state, concerns=concerns)), said


def _left(state: State, reason: str) -> Step:
    if state.stay is None:
        return state, []
    said: list[Alert] = [
        Resolved(alert_id(state, kind, state.stay.event_id), state.lead_at, reason)
        for kind in stays.raised_kinds(state.stay)
    ]
    return replace(state, stay=stays.ended(state.stay)), said


def _settled(state: State) -> Step:
    """Says what the crossings have come to and was not said yet; nothing before the lead is known."""
    if state.version < 0:
        return state, []
    said: list[Alert] = []
    lines = []
    for line, threshold in _lines(state):
        told = tuple(_told(state, threshold, crossing, said) for crossing in line.crossings)
        lines.append(cross.pruned(replace(line, crossings=told), state.lead_at, state.score_at))
    return replace(state, lines=tuple(lines)), said


def _told(state: State, threshold: Threshold, crossing: Crossing, said: list[Alert]) -> Crossing:
    if crossing.arm is None or crossing.told == cross.ENDED:
        return crossing
    cause = f"{threshold.value}:{crossing.arm}"
    alert = alert_id(state, threshold.kind, cause)
    if crossing.told == cross.SILENT:
        said.append(_passed(state, threshold, crossing, cause))
    end = cross.ended(crossing, state.closed)
    if end is None:
        return replace(crossing, told=cross.OPENED)
    said.append(Resolved(alert, *end))
    return replace(crossing, told=cross.ENDED)


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
        status=state.stay.status if state.stay else "new",
        owner=state.owner,
    )
