"""Health, risk and score of accounts, counted anew when something happens or time passes (F22, F54, F55)."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from chassis.db import UnitOfWork
from chassis.ids import derived_id
from services.accounts import events
from services.accounts.commands.settings import settings_of
from services.accounts.commands.timeline import tell
from services.accounts.domain.health import UPSELL_SOURCES, Fact, Health, fold
from services.accounts.domain.score import COUNTED, SHARES, LeadScore, Share, roll_up
from services.accounts.models import Account, Deal, HealthChange, HealthLine, Lead, TimelineEntry


class Cause(NamedTuple):
    """What moved a health."""

    rule: str
    cause: str


def tend(uow: UnitOfWork, account_ids: Iterable[UUID | None]) -> None:
    """Brings accounts up to date after something happened with them; one that is not known is passed over."""
    for account_id in sorted({id for id in account_ids if id is not None}):
        account = uow.session.get(Account, (uow.tenant, account_id), with_for_update=True)
        if account is not None:
            account.score = score_of(uow, account_id)[0]
            refresh(uow, account)


def refresh(uow: UnitOfWork, account: Account, until: datetime | None = None) -> None:
    """Counts the health of a locked account up to its last fact, or to a tick; tells what changed.

    Time goes on by facts and ticks only, so that events still to be read never look like silence.
    """
    if account.closed_at is not None:
        account.due_at = None
        return
    facts = _facts(uow, account.id)
    before = account.health_at or account.created_at
    at = max([before, until or before, *(fact.at for fact in facts if fact.at <= uow.now)])
    health = fold(account.created_at, facts, at, settings_of(uow).limits)
    account.health_at, account.due_at = at, health.next_change_at
    newest = _keep_lines(uow, account, health)
    if health.value != account.health and newest is not None:
        _tell_health(uow, account, health.value, newest)
    _tell_risk(uow, account, health)


def end_risk(uow: UnitOfWork, account: Account, reason: str) -> None:
    """The stay at risk of a locked account ends, if there is one."""
    if account.at_risk:
        account.at_risk, account.risk_reason, account.risk_since = False, None, None
        events.bump(uow, account)
        tell(uow, events.account_risk_changed(uow, account, reason, uow.now))
        account.risk_cause = None


def score_of(uow: UnitOfWork, account_id: UUID) -> tuple[int, tuple[Share, ...]]:
    """The score of an account and what its hottest leads give to it."""
    hottest = (
        select(Lead.id, Lead.score)
        .where(
            Lead.tenant_id == uow.tenant,
            Lead.account_id == account_id,
            Lead.status.in_(COUNTED),
            Lead.archived.is_(False),
        )
        .order_by(Lead.score.desc(), Lead.id)
        .limit(len(SHARES))
    )
    return roll_up(LeadScore(str(id), score) for id, score in uow.session.execute(hottest))


def _facts(uow: UnitOfWork, account_id: UUID) -> list[Fact]:
    """All that bears on an account's health; of signs of life only the first and last of a day."""
    deals = select(Deal).where(Deal.tenant_id == uow.tenant, Deal.account_id == account_id)
    facts: list[Fact] = []
    for deal in uow.session.scalars(deals.where(Deal.withdrawn.is_(False))):
        facts.append(Fact("opportunity_opened", str(deal.id), deal.opened_at))
        if deal.closed_at is not None:
            facts.append(
                Fact("deal_won" if deal.outcome == "won" else "deal_lost", str(deal.id), deal.closed_at)
            )
    for lead, at in uow.session.execute(
        select(Lead.id, func.greatest(Lead.qualified_at, Lead.joined_at)).where(
            Lead.tenant_id == uow.tenant,
            Lead.account_id == account_id,
            Lead.qualified_at.is_not(None),
            Lead.lead_source.in_(UPSELL_SOURCES),
        )
    ):
        facts.append(Fact("upsell_qualified", str(lead), at))
    return facts + _signs(uow, account_id)


def _signs(uow: UnitOfWork, account_id: UUID) -> list[Fact]:
    day = func.date_trunc("day", Lead.joined_at, "UTC")
    leads = (
        select(func.min(Lead.joined_at), func.max(Lead.joined_at))
        .where(Lead.tenant_id == uow.tenant, Lead.account_id == account_id)
        .group_by(day)
    )
    entries = (
        select(func.min(TimelineEntry.at), func.max(TimelineEntry.at))
        .where(
            TimelineEntry.tenant_id == uow.tenant,
            TimelineEntry.account_id == account_id,
            TimelineEntry.sign,
        )
        .group_by(func.date_trunc("day", TimelineEntry.at, "UTC"))
    )
    new = [Fact("new_lead", at.isoformat(), at) for row in uow.session.execute(leads) for at in row if at]
    return new + [Fact("sign", at.isoformat(), at) for row in uow.session.execute(entries) for at in row]


def _keep_lines(uow: UnitOfWork, account: Account, health: Health) -> Cause | None:
    """Keeps the contributions as they are now; the newest that came or went is what moved the health."""
    mine = (HealthLine.tenant_id == uow.tenant, HealthLine.account_id == account.id)
    kept = {(line.rule, line.cause): line for line in uow.session.scalars(select(HealthLine).where(*mine))}
    now = {(str(line.rule), line.cause): line for line in health.contributions}
    owner = {"tenant_id": uow.tenant, "account_id": account.id}
    for key, line in now.items():
        if key not in kept:
            uow.session.add(HealthLine(**owner, **line._asdict()))
        else:
            kept[key].at, kept[key].points, kept[key].rule_points = line.at, line.points, line.rule_points
    for key in kept.keys() - now.keys():
        uow.session.delete(kept[key])
    moved = [(now[key].at if key in now else kept[key].at, *key) for key in kept.keys() ^ now.keys()]
    return Cause(*max(moved)[1:]) if moved else None


def _tell_health(uow: UnitOfWork, account: Account, value: int, newest: Cause) -> None:
    previous, account.health = account.health, value
    events.bump(uow, account)
    change = HealthChange(
        tenant_id=uow.tenant,
        account_id=account.id,
        version=account.version,
        at=uow.now,
        previous=previous,
        health=value,
        rule=newest.rule,
        cause=newest.cause,
    )
    uow.session.add(change)
    tell(uow, events.account_health_changed(uow, account, change))


def _tell_risk(uow: UnitOfWork, account: Account, health: Health) -> None:
    if health.risk is None:
        end_risk(uow, account, "recovered")
        return
    if not account.at_risk:
        events.bump(uow, account)
        account.at_risk, account.risk_since = True, health.risk.since
        account.risk_cause = derived_id(account.id, "risk", account.version)
        tell(uow, events.account_risk_changed(uow, account, health.risk.reason, health.risk.since))
    account.risk_reason = health.risk.reason
