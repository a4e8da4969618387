"""Read model of accounts, by which a deal is refused where there is none or it is closed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.opportunities.domain import AccountClosed, AccountUnknown
from services.opportunities.models import Account


def store_account(uow: UnitOfWork, record: Mapping[str, Any]) -> None:
    """Keeps an account as a record says; one that is not newer changes nothing."""
    owner = record["owner_id"]
    values = {
        "version": record["version"],
        "name": record["account_name"],
        "owner_id": UUID(owner) if owner else None,
        "territory": record["territory"],
        "closed": record["closed"],
    }
    row = insert(Account).values(tenant_id=uow.tenant, id=UUID(record["account_id"]), **values)
    newer = Account.version < row.excluded.version
    uow.session.execute(
        row.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values, where=newer)
    )


def need_open_account(uow: UnitOfWork, account_id: UUID, *, vouched: bool) -> None:
    """An account for a deal, which stays as it is until the transaction ends. Raises AccountUnknown or
    AccountClosed.

    One that was opened a moment ago may not have been heard of here: a person is told to try again, and a
    conversion is believed (`vouched`), since accounts itself has just said that it is there.
    """
    account = uow.session.get(Account, (uow.tenant, account_id), with_for_update={"read": True})
    if account is None and not vouched:
        raise AccountUnknown("No such account is known here; one opened a moment ago takes a moment.")
    if account is not None and account.closed:
        raise AccountClosed("The account is closed.")
