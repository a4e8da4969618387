"""Notices on their way into inboxes (F43, F45)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.clock import from_millis
from chassis.db import UnitOfWork, insert_fresh
from chassis.ids import derived_id, id_of
from services.notifications.commands.alerts import tell
from services.notifications.domain import Notice, NoticeKind, addressed
from services.notifications.models import Alert

Record = dict[str, Any]
ONBOARDING = "onboarding_task"
"""The follow-on of a conversion that is the manager's to do."""


def tell_assigned(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Tells leads' new owners, with the reason; who took one by hand knows."""
    notices = [(_notice("lead_assigned", record, record["reason"]), record["actor"]) for record in records]
    _tell(uow, {notice: addressed([notice.owner], actor) for notice, actor in notices})


def tell_converted(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Tells whoever manages the account and who owned the lead, but for who converted it.

    To onboard a new customer is the manager's, whoever converted, where the tenant wants that told (F50).
    """
    told = {}
    for record in records:
        notice = _notice("lead_converted", record, f"path {record['path']}")
        told[notice] = addressed([id_of(record["account_owner_id"]), notice.owner], record["actor"])
        if ONBOARDING in record["follow_ons"] and record["path"] == "A":
            told[_notice("customer_onboarding", record, "")] = addressed([id_of(record["account_owner_id"])])
    _tell(uow, told)


def _notice(kind: NoticeKind, record: Record, why: str) -> Notice:
    lead, owner = UUID(record["lead_id"]), id_of(record["owner_id"])
    return Notice(kind, lead, owner, record["event_id"], from_millis(record["occurred_at"]), why)


def _tell(uow: UnitOfWork, told: Mapping[Notice, Sequence[UUID]]) -> None:
    """Keeps notices that somebody is to be told of, and tells of those that were not kept before."""
    people = {_id(uow, notice): people for notice, people in told.items()}
    rows = [_row(uow, notice) for notice, people in told.items() if people]
    kept = [id for (id,) in insert_fresh(uow.session, Alert, rows, "id")]
    tell(uow, [(id, person) for id in kept for person in people[id]])


def _id(uow: UnitOfWork, notice: Notice) -> UUID:
    return derived_id(uow.tenant, notice.kind, notice.lead, notice.cause)


def _row(uow: UnitOfWork, notice: Notice) -> Record:
    """Inboxes show alerts: among them a notice is one that is over."""
    return {
        "tenant_id": uow.tenant,
        "id": _id(uow, notice),
        "kind": notice.kind,
        "subject_id": notice.lead,
        "severity": "info",
        "state": "resolved",
        "level": 0,
        "cause": notice.cause,
        "cause_id": notice.cause,
        "raised_at": notice.at,
        "recorded_at": notice.at,
        "stored_at": uow.now,
        "owner_id": notice.owner,
        "detail": notice.why,
        "resolved_at": notice.at,
        "resolved_reason": "told",
    }
