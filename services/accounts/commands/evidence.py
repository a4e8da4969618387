"""What bears on the health and the score of accounts, read for many of them at once (F22, F54)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, true

from chassis.db import UnitOfWork
from services.accounts.domain.health import UPSELL_SOURCES, Fact
from services.accounts.domain.score import COUNTED, SHARES, LeadScore
from services.accounts.models import Account, Deal, Lead, TimelineEntry

Facts = dict[UUID, list[Fact]]


def facts_of(uow: UnitOfWork, account_ids: Collection[UUID]) -> Facts:
    """All that bears on the health of each account; of signs of life only the first and last of a day."""
    found: Facts = defaultdict(list)
    for part in (_deals, _upsells, _signs):
        for account_id, fact in part(uow, account_ids):
            found[account_id].append(fact)
    return found


def hottest_leads(uow: UnitOfWork, account_ids: Collection[UUID]) -> dict[UUID, list[LeadScore]]:
    """The leads that count for the score of each account."""
    counted = (Lead.status.in_(COUNTED), Lead.archived.is_(False))
    hot = (
        select(Lead.id, Lead.score)
        .where(Lead.tenant_id == uow.tenant, Lead.account_id == Account.id, *counted)
        .order_by(Lead.score.desc(), Lead.id)
        .limit(len(SHARES))
        .lateral()
    )
    asked = select(Account.id, hot.c.id, hot.c.score).join(hot, true())
    mine = (Account.tenant_id == uow.tenant, Account.id.in_(account_ids))
    found: dict[UUID, list[LeadScore]] = defaultdict(list)
    for account_id, lead_id, score in uow.session.execute(asked.where(*mine)):
        found[account_id].append(LeadScore(str(lead_id), score))
    return found


Told = Iterator[tuple[UUID, Fact]]


def _deals(uow: UnitOfWork, account_ids: Collection[UUID]) -> Told:
    mine = (Deal.tenant_id == uow.tenant, Deal.account_id.in_(account_ids), Deal.withdrawn.is_(False))
    columns = (Deal.account_id, Deal.id, Deal.opened_at, Deal.closed_at, Deal.outcome)
    for account_id, id, opened_at, closed_at, outcome in uow.session.execute(select(*columns).where(*mine)):
        yield account_id, Fact("opportunity_opened", str(id), opened_at)
        if closed_at is not None:
            yield account_id, Fact("deal_won" if outcome == "won" else "deal_lost", str(id), closed_at)


def _upsells(uow: UnitOfWork, account_ids: Collection[UUID]) -> Told:
    mine = (Lead.tenant_id == uow.tenant, Lead.account_id.in_(account_ids))
    qualified = (Lead.qualified_at.is_not(None), Lead.lead_source.in_(UPSELL_SOURCES))
    since = func.greatest(Lead.qualified_at, Lead.joined_at)
    found = select(Lead.account_id, Lead.id, since).where(*mine, *qualified)
    for account_id, id, at in uow.session.execute(found):
        yield account_id, Fact("upsell_qualified", str(id), at)


def _signs(uow: UnitOfWork, account_ids: Collection[UUID]) -> Told:
    leads = (Lead.tenant_id == uow.tenant, Lead.account_id.in_(account_ids))
    for account_id, at in _ends_of_days(uow, _by_day(Lead.account_id, Lead.joined_at).where(*leads)):
        yield account_id, Fact("new_lead", at.isoformat(), at)
    line = (TimelineEntry.tenant_id == uow.tenant, TimelineEntry.account_id.in_(account_ids))
    signs = _by_day(TimelineEntry.account_id, TimelineEntry.at).where(*line, TimelineEntry.sign)
    for account_id, at in _ends_of_days(uow, signs):
        yield account_id, Fact("sign", at.isoformat(), at)


def _by_day(account_id: Any, at: Any) -> Select[Any]:
    day = func.date_trunc("day", at, "UTC")
    return select(account_id, func.min(at), func.max(at)).group_by(account_id, day)


def _ends_of_days(uow: UnitOfWork, found: Select[Any]) -> Iterator[tuple[UUID, Any]]:
    for account_id, first, last in uow.session.execute(found):
        yield from ((account_id, at) for at in (first, last) if at)
