"""What is told of one account: contacts, team, timeline, health, growth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_

from chassis.db import UnitOfWork
from services.accounts.domain import growth
from services.accounts.domain.growth import Value
from services.accounts.domain.timeline import EntryType
from services.accounts.models import (
    Contact,
    Deal,
    HealthChange,
    HealthLine,
    Lead,
    TeamMember,
    TimelineEntry,
)

Position = tuple[datetime, UUID] | None
"""Where the last page ended."""


@dataclass(frozen=True)
class Growth:
    """What came of an account (F59)."""

    leads: int
    leads_by_source: dict[str, int]
    leads_by_status: dict[str, int]
    opportunities: dict[str, int]
    values: list[Value]


def list_contacts(uow: UnitOfWork, account_id: UUID, after: Position, limit: int) -> Sequence[Contact]:
    """Contacts of an account, the longest-standing first."""
    found = select(Contact).where(Contact.tenant_id == uow.tenant, Contact.account_id == account_id)
    if after is not None:
        found = found.where(tuple_(Contact.created_at, Contact.id) > tuple_(*after))
    return uow.session.scalars(found.order_by(Contact.created_at, Contact.id).limit(limit)).all()


def list_team(uow: UnitOfWork, account_id: UUID) -> Sequence[TeamMember]:
    """Who works with an account, since when."""
    mine = (TeamMember.tenant_id == uow.tenant, TeamMember.account_id == account_id)
    return uow.session.scalars(
        select(TeamMember).where(*mine).order_by(TeamMember.since, TeamMember.user_id)
    ).all()


def timeline(
    uow: UnitOfWork,
    account_id: UUID,
    type: EntryType | None,
    actor: str | None,
    after: Position,
    limit: int,
) -> Sequence[TimelineEntry]:
    """The newest entries of an account's timeline, of one type or by one actor where asked for (F53)."""
    found = select(TimelineEntry).where(
        TimelineEntry.tenant_id == uow.tenant, TimelineEntry.account_id == account_id
    )
    if type is not None:
        found = found.where(TimelineEntry.type == type)
    if actor is not None:
        found = found.where(TimelineEntry.actor == actor)
    if after is not None:
        found = found.where(tuple_(TimelineEntry.at, TimelineEntry.id) < tuple_(*after))
    newest = found.order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc())
    return uow.session.scalars(newest.limit(limit)).all()


def health_lines(uow: UnitOfWork, account_id: UUID) -> Sequence[HealthLine]:
    """Every contribution to the health of an account, in order of time (F54)."""
    mine = (HealthLine.tenant_id == uow.tenant, HealthLine.account_id == account_id)
    order = (HealthLine.at, HealthLine.rule, HealthLine.cause)
    return uow.session.scalars(select(HealthLine).where(*mine).order_by(*order)).all()


def health_series(uow: UnitOfWork, account_id: UUID, limit: int) -> Sequence[HealthChange]:
    """The newest changes of the health as they were told, in order of time."""
    mine = (HealthChange.tenant_id == uow.tenant, HealthChange.account_id == account_id)
    newest = select(HealthChange).where(*mine).order_by(HealthChange.version.desc()).limit(limit)
    return list(reversed(uow.session.scalars(newest).all()))


def growth_of(uow: UnitOfWork, account_id: UUID) -> Growth:
    """Leads, opportunities and value of an account."""
    leads = uow.session.execute(
        select(Lead.lead_source, Lead.status, func.count())
        .where(Lead.tenant_id == uow.tenant, Lead.account_id == account_id)
        .group_by(Lead.lead_source, Lead.status)
    ).all()
    mine = (Deal.tenant_id == uow.tenant, Deal.account_id == account_id, Deal.withdrawn.is_(False))
    found = select(Deal.deal_type, Deal.outcome, Deal.amount_minor, Deal.currency).where(*mine)
    deals = [growth.Deal(*row) for row in uow.session.execute(found)]
    return Growth(
        leads=sum(number for _, _, number in leads),
        leads_by_source=_sums((source or "unknown", number) for source, _, number in leads),
        leads_by_status=_sums((status, number) for _, status, number in leads),
        opportunities=_sums((deal.outcome, 1) for deal in deals),
        values=growth.values(deals),
    )


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, number in pairs:
        sums[name] = sums.get(name, 0) + number
    return dict(sorted(sums.items()))
