"""Read models of what alerts are about: leads, accounts, opportunities. The highest version is the truth."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.db import UnitOfWork, keep_newest
from chassis.ids import id_of
from services.notifications.models import Lead, Subject

Record = dict[str, Any]

_SET_STATUS = text(
    """
    UPDATE leads SET version = new.version, status = new.status, owner_id = new.owner
    FROM unnest(CAST(:leads AS uuid[]), CAST(:versions AS bigint[]), CAST(:statuses AS text[]),
                CAST(:owners AS uuid[])) AS new(lead, version, status, owner)
    WHERE leads.tenant_id = :tenant AND leads.id = new.lead AND leads.version < new.version
    """
)


def store_leads(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Keeps leads as their newest whole events say; personal fields stay sealed as they came."""
    keep_newest(uow, Lead, map(_lead, records))


def store_statuses(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Keeps leads' changes of status, in one statement."""
    newest = {record["lead_id"]: record for record in sorted(records, key=lambda record: record["version"])}
    changed = {
        "tenant": uow.tenant,
        "leads": [UUID(lead) for lead in newest],
        "versions": [record["version"] for record in newest.values()],
        "statuses": [record["status"] for record in newest.values()],
        "owners": [id_of(record["owner_id"]) for record in newest.values()],
    }
    uow.session.execute(_SET_STATUS, changed)


def store_accounts(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Keeps accounts as their newest whole events say."""
    rows = [_subject("account", record, record["account_id"], record["account_name"]) for record in records]
    keep_newest(uow, Subject, rows)


def store_opportunities(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Keeps opportunities as their newest whole events say."""
    rows = [_subject("opportunity", record, record["opportunity_id"], record["title"]) for record in records]
    keep_newest(uow, Subject, rows)


def _lead(record: Record) -> Record:
    return {
        "id": UUID(record["lead_id"]),
        "version": record["version"],
        "status": record["status"],
        "owner_id": id_of(record["owner_id"]),
        "territory": record["territory"],
        "account_id": id_of(record["account_id"]),
        "pii": record["pii"],
        "key_id": record["key_id"],
    }


def _subject(kind: str, record: Record, id: str, name: str) -> Record:
    owner = id_of(record["owner_id"])
    return {"id": UUID(id), "kind": kind, "version": record["version"], "name": name, "owner_id": owner}
