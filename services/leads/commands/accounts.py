"""Read model of the accounts service's accounts. The highest version is the truth."""

from typing import Any
from uuid import UUID

from chassis.db import UnitOfWork, keep_newest
from chassis.ids import id_of
from services.leads.models import Account


def store_account(uow: UnitOfWork, record: dict[str, Any]) -> None:
    """Keeps an account as its newest whole event says."""
    row = {
        "id": UUID(record["account_id"]),
        "version": record["version"],
        "owner_id": id_of(record["owner_id"]),
        "closed": record["closed"],
    }
    keep_newest(uow, Account, [row])
