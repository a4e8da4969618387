"""What a lead's own events say: its archive, its stay in a status, what of it is to worry about."""

from dataclasses import replace

from services.notifications.alerting import concerns, crossings, stays
from services.notifications.alerting.concerns import Concern
from services.notifications.alerting.facts import OPEN, Alert, LeadFact, Resolved
from services.notifications.alerting.scores import settled
from services.notifications.alerting.state import State, Step, alert_id
from services.notifications.alerting.stays import Stay
from services.notifications.alerting.subjects import over
from services.notifications.alerting.timers import fire


def changed(state: State, fact: LeadFact) -> Step:
    """After one of the lead's events; its timers due by then fire first. An older one says nothing."""
    if fact.version <= state.version:
        return state, []
    at = max(state.lead_at, fact.occurred_at)
    state, said = fire(state, at)
    state = replace(state, version=fact.version, lead_at=at, owner=fact.owner)
    for change in (_archived, _restayed, _concerning):
        state, more = change(state, fact)
        said += more
    state, more = settled(state)
    return state, said + more


def _archived(state: State, fact: LeadFact) -> Step:
    if fact.archived is None or fact.archived == state.archived:
        return state, []
    state = replace(state, archived=fact.archived)
    if not fact.archived:
        return state, []
    return _left(replace(state, closed=(state.lead_at, "archived")), "archived")


def _restayed(state: State, fact: LeadFact) -> Step:
    before = state.stay
    if fact.status is None or (before and (not fact.moves or fact.status == before.status)):
        return state, []
    state, said = _left(state, "status_changed")
    state = replace(state, stay=Stay(fact.status, fact.event_id, fact.occurred_at))
    if before and before.status in OPEN and fact.status not in OPEN:
        state = replace(state, closed=(state.lead_at, "status_changed"))
    if before and before.status == "unqualified" and fact.status in OPEN:
        lines = tuple(crossings.reopened(line, state.lead_at, fact.event_id) for line in state.lines)
        state = replace(state, lines=lines)
    return state, said


def _left(state: State, reason: str) -> Step:
    if state.stay is None:
        return state, []
    said: list[Alert] = [
        Resolved(alert_id(state, kind, state.stay.event_id), state.lead_at, reason)
        for kind in stays.raised_kinds(state.stay)
    ]
    return replace(state, stay=stays.ended(state.stay)), said


def _concerning(state: State, fact: LeadFact) -> Step:
    """What of the lead is to worry about now: nobody owns it, nobody answered, a customer may grow."""
    state = replace(
        state,
        respond_by=state.respond_by if fact.respond_by is None else fact.respond_by,
        contacted=state.contacted if fact.contacted is None else fact.contacted,
        expands=state.expands if fact.expands is None else fact.expands,
    )
    lasting = _lasting(state)
    kept = state.concerns
    for kind, due in lasting.items():
        if due is not None:
            kept = concerns.begun(kept, Concern(kind, fact.event_id, due))
    gone = [kind for kind, due in lasting.items() if due is None]
    state, said = over(replace(state, concerns=kept), gone, "ended" if state.alive else "status_changed")
    fired, more = fire(state, state.lead_at)
    return fired, said + more


def _lasting(state: State) -> dict[str, int | None]:
    """Kind of concern to when it is due; None where there is nothing to worry about."""
    lasting = {
        "unassigned_lead": state.lead_at if state.owner is None else None,
        "sla_breach": None if state.contacted else state.respond_by,
        "upsell_lead": state.lead_at if state.expands else None,
    }
    return lasting if state.alive else dict.fromkeys(lasting)
