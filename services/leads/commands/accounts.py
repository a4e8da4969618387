"""Read model of the accounts service's accounts. The highest version is the truth."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from chassis.db import UnitOfWork, keep_newest
from chassis.ids import id_of
from services.leads.models import Account


def store_accounts(uow: UnitOfWork, records: Iterable[Mapping[str, Any]]) -> None:
    """Keeps accounts as their newest whole events say."""
    rows = [
        {
            "id": UUID(record["account_id"]),
            "version": record["version"],
            "owner_id": id_of(record["owner_id"]),
            "closed": record["closed"],
        }
        for record in records
    ]
    keep_newest(uow, Account, rows)
