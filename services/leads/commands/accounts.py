"""Read model of the accounts service's accounts. The highest version is the truth."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.leads.models import Account


def store_account(uow: UnitOfWork, record: dict[str, Any]) -> None:
    """Keeps an account as its newest whole event says."""
    owner = record["owner_id"]
    values = {
        "version": record["version"],
        "owner_id": UUID(owner) if owner else None,
        "closed": record["closed"],
    }
    row = insert(Account).values(tenant_id=uow.tenant, id=UUID(record["account_id"]), **values)
    newer = Account.version < row.excluded.version
    uow.session.execute(
        row.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values, where=newer)
    )
