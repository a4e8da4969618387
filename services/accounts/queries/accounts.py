"""Accounts as lists and pages show them, each caller's own part of them (F107)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from services.accounts.domain import AccountNotFound, Tier
from services.accounts.models import Account, Lead, TeamMember

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


@dataclass(frozen=True)
class EsgGroup:
    """Open accounts of one engagement (F57)."""

    engagement: str | None
    accounts: int
    rated: int
    average_score: float | None


def visible(uow: UnitOfWork, scope: Scope) -> Select[Account]:
    """The accounts that the caller may see; every question about accounts begins here.

    Besides the scope: an account on whose team one is, and the one that a lead of one's own is linked to.
    """
    mine = (Lead.tenant_id == uow.tenant, Lead.account_id == Account.id, scope.owns(Lead.owner_id))
    team = (
        TeamMember.tenant_id == uow.tenant,
        TeamMember.account_id == Account.id,
        scope.owns(TeamMember.user_id),
    )
    found = select(Account).where(Account.tenant_id == uow.tenant)
    if scope.everything:
        return found
    seen = scope.sees(Account.owner_id, Account.territory)
    return found.where(or_(seen, exists().where(*mine), exists().where(*team)))


def list_accounts(
    uow: UnitOfWork, scope: Scope, wanted: Wanted, after: After, limit: int
) -> Sequence[Account]:
    """At most `limit` accounts in the wanted order; ties by id."""
    falling = wanted.order.startswith("-")
    by = COLUMNS[wanted.order.removeprefix("-")]
    found = visible(uow, scope).where(*_conditions(wanted))
    if after is not None:
        row, last = tuple_(by, Account.id), tuple_(*after)
        found = found.where(row < last if falling else row > last)
    order = (by.desc(), Account.id.desc()) if falling else (by, Account.id)
    return uow.session.scalars(found.order_by(*order).limit(limit)).all()


def get_account(uow: UnitOfWork, scope: Scope, account_id: UUID) -> Account:
    """One account. Raises AccountNotFound, also where the caller may not see it."""
    account = uow.session.scalars(visible(uow, scope).where(Account.id == account_id)).one_or_none()
    if account is None:
        raise AccountNotFound
    return account


def sort_value(account: Account, order: Order) -> datetime | str | int:
    """What an account is sorted by, as the database compares it."""
    value: datetime | str | int = getattr(account, order.removeprefix("-"))
    return value.lower() if isinstance(value, str) else value


def esg_report(uow: UnitOfWork, scope: Scope) -> list[EsgGroup]:
    """Open accounts by their ESG engagement, with how people rate them."""
    seen = visible(uow, scope).where(Account.closed_at.is_(None)).subquery()
    by = seen.c.esg_engagement
    found = select(by, func.count(), func.count(seen.c.esg_score), func.avg(seen.c.esg_score)).group_by(by)
    return [
        EsgGroup(engagement, number, rated, None if average is None else round(float(average), 1))
        for engagement, number, rated, average in uow.session.execute(found.order_by(by))
    ]


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
