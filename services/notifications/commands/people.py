"""Read model of the leads service's leads. The highest version is the truth."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.notifications.models import Lead

Record = dict[str, Any]


def store_lead(uow: UnitOfWork, record: Record) -> None:
    """Keeps a lead as its newest whole event says; personal fields stay sealed as they came."""
    values = {
        "version": record["version"],
        "status": record["status"],
        "owner_id": _uuid(record["owner_id"]),
        "pii": record["pii"],
        "key_id": record["key_id"],
    }
    row = insert(Lead).values(tenant_id=uow.tenant, id=UUID(record["lead_id"]), **values)
    newer = Lead.version < row.excluded.version
    uow.session.execute(
        row.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values, where=newer)
    )


def store_status(uow: UnitOfWork, record: Record) -> None:
    """Keeps a lead's change of status."""
    changed = (
        update(Lead)
        .where(Lead.tenant_id == uow.tenant, Lead.id == UUID(record["lead_id"]))
        .where(Lead.version < record["version"])
        .values(version=record["version"], status=record["status"], owner_id=_uuid(record["owner_id"]))
    )
    uow.session.execute(changed)


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
