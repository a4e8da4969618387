"""What an account or an opportunity says: what begins to be wrong with it, and what no longer is."""

from collections.abc import Iterable
from dataclasses import replace

from services.notifications.alerting import concerns
from services.notifications.alerting.concerns import Concern
from services.notifications.alerting.facts import Alert, Resolved, SubjectFact
from services.notifications.alerting.state import State, Step, alert_id
from services.notifications.alerting.timers import fire


def told(state: State, fact: SubjectFact) -> Step:
    """After an event of the subject; its timers due by then fire first. An older one says nothing."""
    if fact.version <= state.version:
        return state, []
    at = max(state.lead_at, fact.occurred_at)
    state, said = fire(state, at)
    state = replace(state, version=fact.version, lead_at=at, owner=fact.owner)
    state, more = over(state, fact.ends, fact.reason)
    kept = state.concerns
    for begins in fact.begins:
        kept = concerns.begun(kept, Concern(*begins))
    state, last = fire(replace(state, concerns=kept), at)
    return state, said + more + last


def over(state: State, kinds: Iterable[str], reason: str) -> Step:
    """Without concerns of some kinds; those that were raised are resolved."""
    kept, gone = concerns.ended(state.concerns, kinds)
    said: list[Alert] = [
        Resolved(alert_id(state, one.kind, one.cause), state.lead_at, reason) for one in gone
    ]
    return (state if kept == state.concerns else replace(state, concerns=kept)), said
