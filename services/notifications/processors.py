"""The alert processor: which topics it folds into which, and how a subject's state is kept."""

from dataclasses import fields
from typing import Any

import msgpack

from chassis.streams import Message, Outputs, Record, Store
from services.notifications import alerting
from services.notifications.alerting import (
    Alert,
    Crossing,
    Escalated,
    LeadFact,
    Line,
    Raised,
    Resolved,
    ScoreFact,
    State,
    Stay,
    Tick,
)

FORMAT = 1
ALERTS = "notifications.alert"


class AlertFold:
    """Folds leads' facts, scores and the time into alerts (F87-F90). See `chassis.streams.Fold`."""

    name = "notifications.alerts"
    source = "/notifications/alerts"
    inputs: tuple[str, ...] = ("leads.lead", "leads.score")
    changelog = "notifications.alert-state"
    repair = "notifications.repair"
    dead_letter = "notifications.dead-letter"
    ticks: str | None = "clock.tick"
    outputs: tuple[str, ...] = (ALERTS,)

    def apply(self, message: Message, store: Store[State], out: Outputs) -> None:
        """Folds one fact of a lead; records that say nothing about alerts are passed over."""
        fact = _fact(message.type, message.record)
        if fact is None:
            return
        before = store.get(message.key) or State(fact.tenant, fact.lead)
        _step(message.key, before, fact, store, out)

    def timer(self, key: bytes, now: int, store: Store[State], out: Outputs) -> None:
        """Fires what is due for the lead at `now`."""
        state = store.get(key)
        if state is not None:
            _step(key, state, Tick(now), store, out)

    def pack(self, state: State) -> bytes:
        """The state as msgpack, its format first."""
        packed: bytes = msgpack.packb((FORMAT, *_plain(state)))
        return packed

    def unpack(self, raw: bytes) -> State:
        """The state again; raises ValueError for a format from the future."""
        version, *values = msgpack.unpackb(raw, use_list=False)
        if version != FORMAT:
            raise ValueError(f"alert state of format {version}")
        named = dict(zip((f.name for f in fields(State)), values, strict=True))
        stay, lines = named.pop("stay"), named.pop("lines")
        return State(**named, stay=Stay(*stay) if stay else None, lines=tuple(map(_line, lines)))

    def due(self, state: State) -> int | None:
        """When the lead's next timer fires, milliseconds."""
        return alerting.due(state)


def _step(
    key: bytes, before: State, fact: LeadFact | ScoreFact | Tick, store: Store[State], out: Outputs
) -> None:
    state, alerts = alerting.step(before, fact)
    if state is not before:
        store.put(key, state)
    for alert in alerts:
        record = alert_record(state, alert)
        out.send(ALERTS, key, f"Alert{type(alert).__name__}", record, record["event_id"])


def _fact(type: str, record: Record) -> LeadFact | ScoreFact | None:
    if type == "ScoreChanged":
        return _score_fact(record)
    if type in {"LeadCreated", "LeadChanged", "LeadStatusChanged"}:
        return _lead_fact(type, record)
    return None


def _lead_fact(type: str, record: Record) -> LeadFact:
    return LeadFact(
        tenant=record["tenant_id"],
        lead=record["lead_id"],
        version=record["version"],
        event_id=record["event_id"],
        occurred_at=record["occurred_at"],
        status=record["status"],
        owner=record["owner_id"],
        archived=record.get("archived"),
        moves=type != "LeadChanged",
    )


def _score_fact(record: Record) -> ScoreFact:
    return ScoreFact(
        tenant=record["tenant_id"],
        lead=record["lead_id"],
        epoch=record["epoch"],
        sequence=record["sequence"],
        shown=record["shown"],
        cause=record["cause"],
        cause_id=record["cause_id"],
        occurred_at=record["occurred_at"],
        recorded_at=record["recorded_at"],
    )


def alert_record(state: State, alert: Alert) -> Record:
    """The record of what is said about an alert; the same saying always has the same event id."""
    told = {"tenant_id": state.tenant, "subject_id": state.lead, "alert_id": alert.alert_id}
    match alert:
        case Raised():
            rest = {
                f.name: getattr(alert, f.name) for f in fields(alert) if f.name not in {"alert_id", "owner"}
            }
            return {**told, "event_id": _id(alert, "raised"), **rest, "owner_id": alert.owner}
        case Escalated():
            rest = {"level": alert.level, "escalated_at": alert.escalated_at, "owner_id": alert.owner}
            return {**told, "event_id": _id(alert, "escalated", alert.level), **rest}
        case Resolved():
            rest = {"resolved_at": alert.resolved_at, "reason": alert.reason}
            return {**told, "event_id": _id(alert, "resolved"), **rest}


def _id(alert: Alert, *said: object) -> str:
    return alerting.derived(alert.alert_id, *said)


def _plain(value: Any) -> Any:
    """Dataclasses as bare tuples of their fields, however deep: small, and read back by position."""
    if hasattr(value, "__dataclass_fields__"):
        return tuple(_plain(getattr(value, f.name)) for f in fields(value))
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _line(values: Any) -> Line:
    arm, crossings, reopened = values
    return Line(arm, tuple(Crossing(*crossing) for crossing in crossings), reopened)
