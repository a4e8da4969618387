"""Read models of other services' facts: leads and users. The highest version is the truth."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.notifications.models import Lead, User

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


def store_user(uow: UnitOfWork, record: Record) -> None:
    """Keeps a user as the identity service's newest event says."""
    values = {
        "version": record["version"],
        "login": record["login"],
        "roles": record["roles"],
        "manager_id": _uuid(record["manager_id"]),
        "active": record["active"],
        "pii": record["pii"],
        "key_id": record["key_id"],
    }
    row = insert(User).values(tenant_id=uow.tenant, id=UUID(record["user_id"]), **values)
    newer = User.version < row.excluded.version
    uow.session.execute(
        row.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values, where=newer)
    )


def forget_user(uow: UnitOfWork, user_id: UUID) -> None:
    """Forgets a user that the identity service no longer knows; again is a no-op."""
    uow.session.execute(delete(User).where(User.tenant_id == uow.tenant, User.id == user_id))


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
