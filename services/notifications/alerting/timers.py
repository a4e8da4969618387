"""What is raised because time went by: a stay that lasts, a concern that is due."""

from dataclasses import replace

from services.notifications.alerting import concerns, stays
from services.notifications.alerting.facts import Alert, Escalated, Raised
from services.notifications.alerting.state import State, Step, alert_id
from services.notifications.alerting.stays import Stay, Timer


def due(state: State) -> int | None:
    """When the state's next timer fires, milliseconds; None where none is set."""
    timer, concern = _next_timer(state), concerns.next_due(state.concerns)
    return min((at for at in (timer.due if timer else None, concern) if at is not None), default=None)


def fire(state: State, now: int) -> Step:
    """Everything that is due by now, said."""
    said: list[Alert] = []
    while (timer := _next_timer(state)) and timer.due <= now and state.stay:
        said.append(_lasting(state, state.stay, timer))
        state = replace(state, stay=stays.fired(state.stay, timer))
    kept, begun = concerns.fired(state.concerns, now)
    said += [_due(state, one.kind, concerns.SEVERITY[one.kind], one.cause, one.due) for one in begun]
    return replace(state, concerns=kept) if begun else state, said


def _next_timer(state: State) -> Timer | None:
    return None if state.archived or state.stay is None else stays.next_timer(state.stay)


def _lasting(state: State, stay: Stay, timer: Timer) -> Alert:
    if timer.level:
        return Escalated(alert_id(state, timer.kind, stay.event_id), timer.level, timer.due, state.owner)
    return _due(state, timer.kind, "warning", stay.event_id, timer.due)


def _due(state: State, kind: str, severity: str, cause: str, at: int) -> Raised:
    return Raised(
        alert_id=alert_id(state, kind, cause),
        kind=kind,
        severity=severity,
        cause=cause,
        raised_at=at,
        recorded_at=at,
        cause_id=cause,
        threshold=None,
        score=None,
        status=state.status,
        owner=state.owner,
    )
