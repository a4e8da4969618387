"""Accounts as lists and pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from chassis.db import UnitOfWork
from services.accounts.domain import AccountNotFound, Tier
from services.accounts.models import Account

Order = Literal["-created_at", "name", "health", "-score"]
After = tuple[datetime | str | int, UUID] | None
"""Where the last page ended: sort value and id of its last row."""
COLUMNS: dict[str, ColumnElement[Any]] = {
    "created_at": Account.created_at.expression,
    "name": func.lower(Account.name),
    "health": Account.health.expression,
    "score": Account.score.expression,
}


@dataclass(frozen=True)
class Wanted:
    """Filter and order of a list of accounts; None takes all."""

    owner_id: UUID | None = None
    tier: Tier | None = None
    at_risk: bool | None = None
    parent_id: UUID | None = None
    closed: bool = False
    q: str | None = None
    order: Order = "-created_at"


def visible(uow: UnitOfWork) -> Select[Account]:
    """The accounts that the caller may see; every query of accounts begins here."""
    return select(Account).where(Account.tenant_id == uow.tenant)


def list_accounts(uow: UnitOfWork, wanted: Wanted, after: After, limit: int) -> Sequence[Account]:
    """At most `limit` accounts in the wanted order; ties by id."""
    falling = wanted.order.startswith("-")
    by = COLUMNS[wanted.order.removeprefix("-")]
    found = visible(uow).where(*_conditions(wanted))
    if after is not None:
        row, last = tuple_(by, Account.id), tuple_(*after)
        found = found.where(row < last if falling else row > last)
    order = (by.desc(), Account.id.desc()) if falling else (by, Account.id)
    return uow.session.scalars(found.order_by(*order).limit(limit)).all()


def get_account(uow: UnitOfWork, account_id: UUID) -> Account:
    """One account. Raises AccountNotFound."""
    account = uow.session.scalars(visible(uow).where(Account.id == account_id)).one_or_none()
    if account is None:
        raise AccountNotFound("No such account.")
    return account


def sort_value(account: Account, order: Order) -> datetime | str | int:
    """What an account is sorted by, as the database compares it."""
    value: datetime | str | int = getattr(account, order.removeprefix("-"))
    return value.lower() if isinstance(value, str) else value


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    closed = Account.closed_at.is_not(None) if wanted.closed else Account.closed_at.is_(None)
    conditions: list[ColumnElement[bool]] = [closed]
    for name in ("owner_id", "tier", "at_risk", "parent_id"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(getattr(Account, name) == value)
    if wanted.q:
        names = (Account.name, Account.domain)
        conditions.append(or_(*(name.icontains(wanted.q, autoescape=True) for name in names)))
    return conditions
