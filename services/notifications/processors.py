"""The alert processor: which topics it folds into which, and how a subject's state is kept."""

from dataclasses import fields
from typing import Any

import msgpack

from chassis.ids import derived_id
from chassis.streams import Message, Outputs, Record, Store
from services.notifications import alerting
from services.notifications.alerting import (
    Alert,
    Concern,
    Crossing,
    Escalated,
    LeadFact,
    Line,
    Raised,
    Resolved,
    ScoreFact,
    State,
    Stay,
    SubjectFact,
    Tick,
)

FORMAT = 2
LEADS_ONLY = 1
"""The format of before accounts and opportunities; it ends with the lines."""
EXPANSIONS = frozenset({"upsell", "cross_sell", "renewal"})
Fact = LeadFact | ScoreFact | SubjectFact
ALERTS = "notifications.alert"


class AlertFold:
    """Folds what is said of leads, accounts and opportunities, and the time, into alerts (F43, F55, F66,
    F85, F87-F90). See `chassis.streams.Fold`."""

    name = "notifications.alerts"
    source = "/notifications/alerts"
    inputs: tuple[str, ...] = ("leads.lead", "leads.score", "accounts.account", "opportunities.opportunity")
    changelog = "notifications.alert-state"
    repair = "notifications.repair"
    dead_letter = "notifications.dead-letter"
    ticks: str | None = "clock.tick"
    outputs: tuple[str, ...] = (ALERTS,)

    def apply(self, message: Message, store: Store[State], out: Outputs) -> None:
        """Folds one fact; records that say nothing about alerts are passed over."""
        fact = _fact(message.type, message.record)
        if fact is None:
            return
        subject = fact.subject if isinstance(fact, SubjectFact) else fact.lead
        before = store.get(message.key) or State(fact.tenant, subject)
        _step(message.key, before, fact, store, out)

    def timer(self, key: bytes, now: int, store: Store[State], out: Outputs) -> None:
        """Fires what is due for the subject at `now`."""
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
        if version not in (FORMAT, LEADS_ONLY):
            raise ValueError(f"alert state of format {version}")
        named = dict(zip((f.name for f in fields(State)), values, strict=version == FORMAT))
        stay, lines, concerns = named.pop("stay"), named.pop("lines"), named.pop("concerns", ())
        return State(
            **named,
            stay=Stay(*stay) if stay else None,
            lines=tuple(map(_line, lines)),
            concerns=tuple(Concern(*concern) for concern in concerns),
        )

    def due(self, state: State) -> int | None:
        """When the subject's next timer fires, milliseconds."""
        return alerting.due(state)


def _step(key: bytes, before: State, fact: Fact | Tick, store: Store[State], out: Outputs) -> None:
    state, alerts = alerting.step(before, fact)
    if state is not before:
        store.put(key, state)
    for alert in alerts:
        record = alert_record(state, alert)
        out.send(ALERTS, key, f"Alert{type(alert).__name__}", record, record["event_id"])


def _fact(type: str, record: Record) -> Fact | None:
    if type == "ScoreChanged":
        return _score_fact(record)
    if type in {"LeadCreated", "LeadChanged", "LeadStatusChanged", "LeadActivityLogged"}:
        return _lead_fact(type, record)
    if type == "AccountRiskChanged":
        return _risk_fact(record)
    return _deal_fact(type, record) if type.startswith("Opportunity") else None


def _lead_fact(type: str, record: Record) -> LeadFact:
    whole = type in {"LeadCreated", "LeadChanged"}
    return LeadFact(
        tenant=record["tenant_id"],
        lead=record["lead_id"],
        version=record["version"],
        event_id=record["event_id"],
        occurred_at=record["occurred_at"],
        status=record.get("status"),
        owner=record["owner_id"],
        archived=record.get("archived"),
        moves=type in {"LeadCreated", "LeadStatusChanged"},
        respond_by=record.get("respond_by"),
        contacted=_contacted(record),
        expands=record["account_id"] is not None and record["lead_source"] in EXPANSIONS if whole else None,
    )


def _contacted(record: Record) -> bool | None:
    if "first" in record:  # an activity: the first human one, or one that says nothing new
        return True if record["first"] else None
    return None if record.get("first_contacted_at") is None else True


def _risk_fact(record: Record) -> SubjectFact:
    at_risk = ("at_risk_account", record["cause_id"], record["since"])
    return SubjectFact(
        **_about(record, "account_id"),
        begins=(at_risk,) if record["at_risk"] else (),
        ends=() if record["at_risk"] else ("at_risk_account",),
        reason=record["reason"],
    )


def _deal_fact(type: str, record: Record) -> SubjectFact | None:
    if type == "OpportunityWithdrawn":
        return SubjectFact(**_about(record, "opportunity_id"), ends=("stale_deal",), reason="withdrawn")
    if record.get("outcome") is None:
        return None
    stale = record["stale_at"] if record["outcome"] == "open" else None
    moved = type == "OpportunityStageChanged"
    return SubjectFact(
        **_about(record, "opportunity_id"),
        begins=(("stale_deal", record["event_id"], stale),) if stale is not None else (),
        ends=("stale_deal",) if moved or stale is None else (),
        reason="stage_changed",
    )


def _about(record: Record, id: str) -> dict[str, Any]:
    return {
        "tenant": record["tenant_id"],
        "subject": record[id],
        "version": record["version"],
        "event_id": record["event_id"],
        "occurred_at": record["occurred_at"],
        "owner": record.get("owner_id"),
    }


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
    return str(derived_id(alert.alert_id, *said))


def _plain(value: Any) -> Any:
    """Dataclasses as bare tuples of their fields, however deep: small, and read back by position."""
    if hasattr(value, "__dataclass_fields__"):
        return tuple(_plain(getattr(value, f.name)) for f in fields(value))
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _line(values: Any) -> Line:
    arm, crossings, reopened = values
    return Line(arm, tuple(Crossing(*crossing) for crossing in crossings), reopened)
