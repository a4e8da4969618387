"""Notices: what somebody is told once, without an end of its own; kept as alerts that are over (F43, F45)."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from chassis.ids import derived_id
from services.notifications.commands.alerts import tell
from services.notifications.models import Alert

Record = dict[str, Any]


def tell_assigned(uow: UnitOfWork, record: Record) -> None:
    """Tells a lead's new owner, with the reason; who took it by hand knows."""
    owner = record["owner_id"]
    if owner is not None and record["actor"] != f"user:{owner}":
        _notice(uow, "lead_assigned", record, [UUID(owner)], record["reason"])


def tell_converted(uow: UnitOfWork, record: Record) -> None:
    """Tells whoever manages the account and who owned the lead, but for who converted it."""
    people = {record["account_owner_id"], record["owner_id"]} - {None}
    told = sorted(UUID(person) for person in people if record["actor"] != f"user:{person}")
    if told:
        _notice(uow, "lead_converted", record, told, f"path {record['path']}")


def _notice(uow: UnitOfWork, kind: str, record: Record, people: list[UUID], detail: str) -> None:
    at, cause = from_millis(record["occurred_at"]), record["event_id"]
    row = insert(Alert).values(
        tenant_id=uow.tenant,
        id=derived_id(uow.tenant, kind, record["lead_id"], cause),
        kind=kind,
        subject_id=UUID(record["lead_id"]),
        severity="info",
        state="resolved",
        level=0,
        cause=cause,
        cause_id=cause,
        raised_at=at,
        recorded_at=at,
        stored_at=uow.now,
        owner_id=UUID(record["owner_id"]) if record["owner_id"] else None,
        detail=detail,
        resolved_at=at,
        resolved_reason="told",
    )
    fresh = uow.session.scalar(row.on_conflict_do_nothing().returning(Alert.id))
    if fresh is not None:
        tell(uow, [(fresh, person) for person in people])
