"""Read model of the identity service's users. The highest version is the truth."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.leads.models import User


def store_user(uow: UnitOfWork, record: dict[str, Any]) -> None:
    """Keeps a user as the identity service's newest event says."""
    manager = record["manager_id"]
    values = {
        "version": record["version"],
        "login": record["login"],
        "roles": record["roles"],
        "manager_id": UUID(manager) if manager else None,
        "active": record["active"],
    }
    row = insert(User).values(tenant_id=uow.tenant, id=UUID(record["user_id"]), **values)
    newer = User.version < row.excluded.version
    uow.session.execute(
        row.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values, where=newer)
    )
