"""Opportunities as lists, pages and columns of a board show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, select, tuple_

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from chassis.pii import Vault
from services.opportunities.domain import DealType, OpportunityNotFound, Outcome
from services.opportunities.models import Account, Change, Opportunity

Order = Literal["-created_at", "close_date"]
After = tuple[datetime | date, UUID] | None
"""Where the last page ended: sort value and id of its last row."""


@dataclass(frozen=True)
class Wanted:
    """What a list or board is narrowed to; None takes all."""

    pipeline: str | None = None
    stage: str | None = None
    outcome: Outcome | None = None
    type: DealType | None = None
    owner_id: UUID | None = None
    account_id: UUID | None = None
    close_from: date | None = None
    close_to: date | None = None
    stale_by: datetime | None = None


def get_opportunity(uow: UnitOfWork, scope: Scope, opportunity_id: UUID) -> Opportunity:
    """One opportunity. Raises OpportunityNotFound."""
    found = select(Opportunity).where(*there(uow, scope), Opportunity.id == opportunity_id)
    deal = uow.session.scalars(found).one_or_none()
    if deal is None:
        raise OpportunityNotFound("No such opportunity.")
    return deal


def attributes_of(
    uow: UnitOfWork, vault: Vault, deals: Sequence[Opportunity]
) -> Mapping[UUID, Mapping[str, str]]:
    """What conversions brought of leads, of each deal that has any; nothing of who was erased."""
    held = [deal for deal in deals if deal.pii]
    opened = vault.open_all(uow, [(deal.pii, deal.key_id) for deal in held])
    return {deal.id: person["attributes"] for deal, person in zip(held, opened, strict=True) if person}


def list_opportunities(
    uow: UnitOfWork, scope: Scope, wanted: Wanted, order: Order, after: After, limit: int
) -> Sequence[Opportunity]:
    """At most `limit` deals: the newest first, or those that close first; ties by id."""
    found = select(Opportunity).where(*there(uow, scope), *narrowed(wanted))
    if order == "close_date":
        place = tuple_(Opportunity.close_date, Opportunity.id)
        found = found.where(place > tuple_(*after)) if after else found
        found = found.order_by(Opportunity.close_date, Opportunity.id)
    else:
        place = tuple_(Opportunity.created_at, Opportunity.id)
        found = found.where(place < tuple_(*after)) if after else found
        found = found.order_by(Opportunity.created_at.desc(), Opportunity.id.desc())
    return uow.session.scalars(found.limit(limit)).all()


def totals(uow: UnitOfWork, scope: Scope, wanted: Wanted) -> Sequence[RowMapping]:
    """Stage, currency, count, sum and weighted sum of the deals (F62); each deal is weighted by itself."""
    weighted = (Opportunity.amount_minor * Opportunity.probability + 50) // 100
    found = (
        select(
            Opportunity.stage,
            Opportunity.currency,
            func.count().label("count"),
            func.coalesce(func.sum(Opportunity.amount_minor), 0).label("amount"),
            func.coalesce(func.sum(weighted), 0).label("weighted"),
        )
        .where(*there(uow, scope), *narrowed(wanted))
        .group_by(Opportunity.stage, Opportunity.currency)
        .order_by(Opportunity.stage, Opportunity.currency)
    )
    return uow.session.execute(found).mappings().all()


def history(uow: UnitOfWork, opportunity_id: UUID, before: int | None, limit: int) -> Sequence[Change]:
    """What happened to a deal, the newest first (F64)."""
    found = select(Change).where(Change.tenant_id == uow.tenant, Change.opportunity_id == opportunity_id)
    if before is not None:
        found = found.where(Change.version < before)
    return uow.session.scalars(found.order_by(Change.version.desc()).limit(limit)).all()


def visible(uow: UnitOfWork, scope: Scope) -> ColumnElement[bool]:
    """What the caller may see: the one condition that every query over opportunities begins with (F107).

    A deal lies in the territory of its account, and who owns the account sees all its deals.
    """
    mine = Opportunity.tenant_id == uow.tenant
    if scope.everything:
        return mine
    account = (Account.tenant_id == uow.tenant) & (Account.id == Opportunity.account_id)
    territory = select(Account.territory).where(account).scalar_subquery()
    owned = select(Account.id).where(account, scope.owns(Account.owner_id)).exists()
    return mine & (scope.sees(Opportunity.owner_id, territory) | owned)


def there(uow: UnitOfWork, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """What the caller may see and was not withdrawn."""
    return visible(uow, scope), Opportunity.outcome != "withdrawn"


def narrowed(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """The conditions of a filter."""
    equal = {
        Opportunity.pipeline: wanted.pipeline,
        Opportunity.stage: wanted.stage,
        Opportunity.outcome: wanted.outcome,
        Opportunity.deal_type: wanted.type,
        Opportunity.owner_id: wanted.owner_id,
        Opportunity.account_id: wanted.account_id,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if wanted.close_from is not None:
        yield Opportunity.close_date >= wanted.close_from
    if wanted.close_to is not None:
        yield Opportunity.close_date <= wanted.close_to
    if wanted.stale_by is not None:
        yield Opportunity.stale_at <= wanted.stale_by
