"""Read model of accounts, by which a deal is refused where there is none or it is closed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.db import UnitOfWork, keep_newest
from chassis.ids import id_of
from services.opportunities.domain import AccountClosed, AccountUnknown
from services.opportunities.models import Account


def store_accounts(uow: UnitOfWork, records: Sequence[Mapping[str, Any]]) -> None:
    """Keeps accounts as records say; one that is not newer changes nothing."""
    keep_newest(uow, Account, map(_account, records))


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


def _account(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": UUID(record["account_id"]),
        "version": record["version"],
        "name": record["account_name"],
        "owner_id": id_of(record["owner_id"]),
        "territory": record["territory"],
        "closed": record["closed"],
    }
