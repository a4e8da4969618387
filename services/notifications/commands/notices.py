"""Notices on their way into inboxes (F43, F45)."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from chassis.ids import derived_id, id_of
from services.notifications.commands.alerts import tell
from services.notifications.domain import Notice, NoticeKind, addressed
from services.notifications.models import Alert

Record = dict[str, Any]


def tell_assigned(uow: UnitOfWork, record: Record) -> None:
    """Tells a lead's new owner, with the reason; who took it by hand knows."""
    notice = _notice("lead_assigned", record, record["reason"])
    _tell(uow, notice, addressed([notice.owner], record["actor"]))


def tell_converted(uow: UnitOfWork, record: Record) -> None:
    """Tells whoever manages the account and who owned the lead, but for who converted it."""
    notice = _notice("lead_converted", record, f"path {record['path']}")
    _tell(uow, notice, addressed([id_of(record["account_owner_id"]), notice.owner], record["actor"]))


def _notice(kind: NoticeKind, record: Record, why: str) -> Notice:
    lead, owner = UUID(record["lead_id"]), id_of(record["owner_id"])
    return Notice(kind, lead, owner, record["event_id"], from_millis(record["occurred_at"]), why)


def _tell(uow: UnitOfWork, notice: Notice, people: list[UUID]) -> None:
    if people and (kept := _kept(uow, notice)):
        tell(uow, [(kept, person) for person in people])


def _kept(uow: UnitOfWork, notice: Notice) -> UUID | None:
    """Its id, unless it was kept before. Inboxes show alerts: among them a notice is one that is over."""
    row = insert(Alert).values(
        tenant_id=uow.tenant,
        id=derived_id(uow.tenant, notice.kind, notice.lead, notice.cause),
        kind=notice.kind,
        subject_id=notice.lead,
        severity="info",
        state="resolved",
        level=0,
        cause=notice.cause,
        cause_id=notice.cause,
        raised_at=notice.at,
        recorded_at=notice.at,
        stored_at=uow.now,
        owner_id=notice.owner,
        detail=notice.why,
        resolved_at=notice.at,
        resolved_reason="told",
    )
    return uow.session.scalar(row.on_conflict_do_nothing().returning(Alert.id))
