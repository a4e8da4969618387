"""What browsers hear: alerts as they come and go, scores as they move, leads as they change status."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from chassis.clock import from_millis
from chassis.colleagues import Scope
from chassis.consumer import Event
from chassis.db import UnitOfWork
from chassis.live import Live
from services.notifications import queries

Shown = tuple[str, dict[str, Any]]


def shown(event: Event) -> Shown | None:
    """Name and content of an event as the console gets it; None for what it does not show."""
    record = event.record
    match event.type:
        case "AlertRaised":
            return "alert", _alert(record)
        case "AlertEscalated" | "AlertResolved" | "AlertAcknowledged":
            return _name(event.type), _change(event.type, record)
        case "ScoreChanged":
            return "score", _score(record)
        case "LeadStatusChanged":
            told = {name: record[name] for name in ("lead_id", "status", "previous", "version", "score")}
            return "status", told
    return None


def _name(type: str) -> str:
    return f"alert_{type.removeprefix('Alert').lower()}"


def _alert(record: dict[str, Any]) -> dict[str, Any]:
    kept = ("kind", "severity", "cause", "cause_id", "threshold", "score", "status", "owner_id", "subject_id")
    times = {name: _time(record[name]) for name in ("raised_at", "recorded_at")}
    return {"id": record["alert_id"], "state": "open", **{name: record[name] for name in kept}, **times}


def _change(type: str, record: dict[str, Any]) -> dict[str, Any]:
    """What became of an alert that was told before."""
    told = {"id": record["alert_id"], "subject_id": record["subject_id"]}
    match type:
        case "AlertEscalated":
            return {**told, "level": record["level"]}
        case "AlertResolved":
            return {**told, "state": "resolved", "reason": record["reason"]}
    return {**told, "state": "acknowledged", "actor": record["actor"]}


def _score(record: dict[str, Any]) -> dict[str, Any]:
    kept = ("lead_id", "shown", "previous_shown", "raw", "fit", "engagement", "grade", "cause", "cause_id")
    times = {name: _time(record[name]) for name in ("occurred_at", "recorded_at")}
    return {**{name: record[name] for name in kept}, **times}


def _time(millis: int) -> str:
    return from_millis(millis).isoformat().replace("+00:00", "Z")


def audiences(uow: UnitOfWork, events: Sequence[Event]) -> list[Callable[[Scope], bool]]:
    """Who may see what events tell of (F107), as it is now, else as the event says."""
    known = queries.whereabouts(uow, {_subject(event) for event in events})
    return [_sees(known.get(_subject(event)), event.record.get("owner_id")) for event in events]


def _subject(event: Event) -> UUID:
    return UUID(event.record.get("lead_id") or event.record["subject_id"])


def _sees(known: queries.Whereabouts | None, owner: str | None) -> Callable[[Scope], bool]:
    if known is not None:
        return known.seen_by
    return lambda scope: scope.everything or (owner is not None and scope.shows(UUID(owner)))


LIVE = Live(
    topics=("notifications.alert", "leads.score", "leads.lead"),
    view=shown,
    stored_by={"notifications.alert": "notifications"},
    audiences=audiences,
)
"""Alerts are told once the inbox has them; scores and statuses are another service's, told as they come."""
