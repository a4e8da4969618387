"""Alerts: stored once, told to the right people once, acknowledged, escalated, resolved."""

from collections.abc import Sequence, Set
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from chassis.clock import from_millis
from chassis.colleagues import ColleagueRow
from chassis.db import UnitOfWork, insert_fresh, write_plain
from chassis.ids import id_of
from services.notifications import events
from services.notifications.domain import (
    FRESH,
    TOO_LATE,
    Colleague,
    NotFound,
    UnknownAlert,
    acknowledged,
    concerned,
    superiors,
)
from services.notifications.models import Alert, InboxItem, Lead, Message, Subject

Record = dict[str, Any]


def store_alerts(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Stores raised alerts and tells their audiences; the same alert again does nothing (G6).

    Few statements however many records.
    """
    rows = {UUID(record["alert_id"]): _row(uow, record) for record in records}
    fresh = [rows[id] for (id,) in insert_fresh(uow.session, Alert, list(rows.values()), "id")]
    managed = _account_managers(uow, fresh)
    people = colleagues(uow, {row["owner_id"] for row in fresh} | set(managed.values()))
    told = [
        (row, person)
        for row in fresh
        for person in concerned(row["kind"], row["owner_id"], managed.get(row["subject_id"]), people)
    ]
    mails = [_mail(uow, row, person) for row, person in told if row["severity"] == "urgent"]
    items = [_item(uow, row["id"], person) for row, person in told]
    write_plain(uow.session, replace={InboxItem: items}, keep={Message: mails})


def _row(uow: UnitOfWork, record: Record) -> Record:
    return {
        "tenant_id": uow.tenant,
        "id": UUID(record["alert_id"]),
        "kind": record["kind"],
        "subject_id": UUID(record["subject_id"]),
        "severity": record["severity"],
        "state": "open",
        "level": 0,
        "cause": record["cause"],
        "cause_id": record["cause_id"],
        "raised_at": from_millis(record["raised_at"]),
        "recorded_at": from_millis(record["recorded_at"]),
        "stored_at": uow.now,
        "threshold": record["threshold"],
        "score": record["score"],
        "status": record["status"],
        "owner_id": id_of(record["owner_id"]),
    }


def _account_managers(uow: UnitOfWork, rows: Sequence[Record]) -> dict[UUID, UUID | None]:
    """Who manages the accounts of the leads that are to grow them, by lead."""
    leads = [row["subject_id"] for row in rows if row["kind"] == "upsell_lead"]
    if not leads:
        return {}
    account = (Subject.tenant_id == Lead.tenant_id) & (Subject.id == Lead.account_id)
    found = select(Lead.id, Subject.owner_id).join(Subject, account)
    mine = (Lead.tenant_id == uow.tenant, Lead.id.in_(leads))
    return {row.id: row.owner_id for row in uow.session.execute(found.where(*mine))}


def acknowledge_alert(uow: UnitOfWork, alert_id: UUID) -> Alert:
    """A person takes notice. Again is a no-op. Raises NotFound, AlreadyResolved."""
    alert = _locked(uow, alert_id)
    if alert is None:
        raise NotFound("No such alert.")
    before, alert.state = alert.state, acknowledged(alert.state)  # type: ignore[arg-type]
    if before != alert.state:
        alert.acknowledged_at, alert.acknowledged_by = uow.now, uow.actor
        uow.publish(events.alert_acknowledged(uow, alert))
    return alert


def store_acknowledgement(uow: UnitOfWork, record: Record) -> None:
    """Keeps that a person took notice, as the log tells it; a no-op but where the table is built anew."""
    alert = _known(uow, record)
    if alert.state == "open":
        alert.state, alert.acknowledged_by = "acknowledged", record["actor"]
        alert.acknowledged_at = from_millis(record["occurred_at"])


def escalate_alert(uow: UnitOfWork, record: Record) -> None:
    """Raises the level of a lasting alert and tells the owner's manager; a lower level does nothing (F90)."""
    alert = _known(uow, record)
    if alert.state == "resolved" or record["level"] <= alert.level:
        return
    alert.level, alert.escalated_at = record["level"], from_millis(record["escalated_at"])
    owner = id_of(record["owner_id"])
    tell(uow, [(alert.id, person) for person in superiors(owner, colleagues(uow, {owner}))])


def resolve_alert(uow: UnitOfWork, record: Record) -> None:
    """The alert's cause ended; again is a no-op."""
    alert = _known(uow, record)
    if alert.state != "resolved":
        alert.state, alert.resolved_reason = "resolved", record["reason"]
        alert.resolved_at = from_millis(record["resolved_at"])


def colleagues(uow: UnitOfWork, owners: Set[UUID | None]) -> list[Colleague]:
    """The owners, their managers and all managers, in a steady order: who may have to be told."""
    if not owners:
        return []
    row = ColleagueRow
    known = [owner for owner in owners if owner is not None]
    superior = select(row.manager_id).where(row.tenant_id == uow.tenant, row.id.in_(known))
    found = select(row).where(row.tenant_id == uow.tenant).order_by(row.id)
    concerned = or_(row.id.in_(known), row.id.in_(superior), row.roles.contains(["manager"]))
    users = uow.session.scalars(found.where(concerned))
    return [Colleague(u.id, frozenset(u.roles), u.active, u.manager_id) for u in users]


def _locked(uow: UnitOfWork, alert_id: UUID) -> Alert | None:
    found = select(Alert).where(Alert.tenant_id == uow.tenant, Alert.id == alert_id).with_for_update()
    return uow.session.scalars(found).one_or_none()


def _known(uow: UnitOfWork, record: Record) -> Alert:
    alert = _locked(uow, UUID(record["alert_id"]))
    if alert is None:
        raise UnknownAlert(f"alert {record['alert_id']} was never raised here")
    return alert


def tell(uow: UnitOfWork, told: Sequence[tuple[UUID, UUID]]) -> None:
    """Puts alerts on top of inboxes, unread; one item per alert and person, however often it is said."""
    write_plain(uow.session, replace={InboxItem: [_item(uow, alert, person) for alert, person in told]})


def _item(uow: UnitOfWork, alert: UUID, person: UUID) -> Record:
    return {
        "tenant_id": uow.tenant,
        "id": events.item_id(alert, person),
        "alert_id": alert,
        "recipient_id": person,
        "state": "unread",
        "notified_at": uow.now,
        "changed_at": uow.now,
    }


def _mail(uow: UnitOfWork, alert: Record, person: UUID) -> Record:
    """A mail that is due at once; of an alert that is old it is noted that it comes too late."""
    fresh = uow.now - alert["recorded_at"] < FRESH
    return {
        "tenant_id": uow.tenant,
        "id": events.message_id(alert["id"], "email", person),
        "kind": "alert",
        "alert_id": alert["id"],
        "channel": "email",
        "recipient_id": person,
        "state": "queued" if fresh else "suppressed",
        "attempt": 0,
        "due_at": "now",  # the database's own: mails go by the wall clock
        "last_error": None if fresh else TOO_LATE,
    }
