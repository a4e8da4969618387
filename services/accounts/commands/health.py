"""Health, risk and score of accounts, counted anew when something happens or time passes (F22, F54, F55)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork, insert_plain
from chassis.ids import derived_id
from chassis.outbox import Outgoing
from services.accounts import events
from services.accounts.commands.evidence import facts_of, hottest_leads
from services.accounts.commands.settings import settings_of
from services.accounts.commands.timeline import tell_all
from services.accounts.domain.health import Fact, Health, Limits, fold
from services.accounts.domain.score import Share, roll_up
from services.accounts.models import Account, HealthChange, HealthLine


class Cause(NamedTuple):
    """What moved a health."""

    rule: str
    cause: str


def tend(uow: UnitOfWork, account_ids: Iterable[UUID | None]) -> None:
    """Brings accounts up to date after something happened with them; one that is not known is passed over.

    So many statements for many accounts as for one.
    """
    if ids := {id for id in account_ids if id is not None}:
        mine = (Account.tenant_id == uow.tenant, Account.id.in_(ids))
        found = select(Account).where(*mine).order_by(Account.id).with_for_update()
        accounts = uow.session.scalars(found).all()
        leads = hottest_leads(uow, ids)
        with uow.session.no_autoflush:  # score and health are written at once
            for account in accounts:
                account.score = roll_up(leads[account.id])[0]
            refresh(uow, accounts)


def refresh(uow: UnitOfWork, accounts: Sequence[Account], until: datetime | None = None) -> None:
    """Counts the health of locked accounts up to their last facts, or to a tick; tells what changed.

    Time goes on by facts and ticks only, so that events still to be read never look like silence.
    """
    running = [account for account in accounts if account.closed_at is None]
    for account in accounts:
        if account.closed_at is not None:
            account.due_at = None
    ids = [account.id for account in running]
    if not ids:
        return
    facts, kept, limits = facts_of(uow, ids), _kept_lines(uow, ids), settings_of(uow).limits
    lines: list[dict[str, Any]] = []
    told: list[Outgoing] = []
    for account in running:
        health = _counted(uow, account, facts[account.id], limits, until)
        newest = _keep_lines(uow, account, health, kept[account.id], lines)
        if health.value != account.health and newest is not None:
            told.append(_health_told(uow, account, health.value, newest))
        told += risk_told(uow, account, health)
    insert_plain(uow.session, {HealthLine: lines})
    tell_all(uow, told)


def first_health(uow: UnitOfWork, account: Account) -> Health:
    """The health of an account that is opened now: nothing is known that could bear on it."""
    return _counted(uow, account, (), settings_of(uow).limits, None)


def _counted(
    uow: UnitOfWork, account: Account, facts: Sequence[Fact], limits: Limits, until: datetime | None
) -> Health:
    before = account.health_at or account.created_at
    at = max([before, until or before, *(fact.at for fact in facts if fact.at <= uow.now)])
    health = fold(account.created_at, facts, at, limits)
    account.health_at, account.due_at = at, health.next_change_at
    return health


def risk_told(uow: UnitOfWork, account: Account, health: Health) -> list[Outgoing]:
    """What is to be told of the risk that an account is at now, or no longer."""
    if health.risk is None:
        return _risk_over(uow, account, "recovered")
    told = []
    if not account.at_risk:
        events.bump(uow, account)
        account.at_risk, account.risk_since = True, health.risk.since
        account.risk_cause = derived_id(account.id, "risk", account.version)
        told.append(events.account_risk_changed(uow, account, health.risk.reason, health.risk.since))
    account.risk_reason = health.risk.reason
    return told


def end_risk(uow: UnitOfWork, account: Account, reason: str) -> None:
    """The stay at risk of a locked account ends, if there is one."""
    tell_all(uow, _risk_over(uow, account, reason))


def score_of(uow: UnitOfWork, account_id: UUID) -> tuple[int, tuple[Share, ...]]:
    """The score of an account and what its hottest leads give to it."""
    return roll_up(hottest_leads(uow, [account_id])[account_id])


def _kept_lines(uow: UnitOfWork, account_ids: Sequence[UUID]) -> dict[UUID, list[HealthLine]]:
    mine = (HealthLine.tenant_id == uow.tenant, HealthLine.account_id.in_(account_ids))
    found: dict[UUID, list[HealthLine]] = defaultdict(list)
    for line in uow.session.scalars(select(HealthLine).where(*mine)):
        found[line.account_id].append(line)
    return found


def _keep_lines(
    uow: UnitOfWork,
    account: Account,
    health: Health,
    lines: Sequence[HealthLine],
    new: list[dict[str, Any]],
) -> Cause | None:
    """Keeps the contributions as they are now; the newest that came or went is what moved the health."""
    kept = {(line.rule, line.cause): line for line in lines}
    now = {(str(line.rule), line.cause): line for line in health.contributions}
    owner = {"tenant_id": uow.tenant, "account_id": account.id}
    for key, line in now.items():
        if key not in kept:
            new.append({**owner, **line._asdict()})
        else:
            kept[key].at, kept[key].points, kept[key].rule_points = line.at, line.points, line.rule_points
    for key in kept.keys() - now.keys():
        uow.session.delete(kept[key])
    moved = [(now[key].at if key in now else kept[key].at, *key) for key in kept.keys() ^ now.keys()]
    return Cause(*max(moved)[1:]) if moved else None


def _health_told(uow: UnitOfWork, account: Account, value: int, newest: Cause) -> Outgoing:
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
    return events.account_health_changed(uow, account, change)


def _risk_over(uow: UnitOfWork, account: Account, reason: str) -> list[Outgoing]:
    if not account.at_risk:
        return []
    account.at_risk, account.risk_reason, account.risk_since = False, None, None
    events.bump(uow, account)
    told = [events.account_risk_changed(uow, account, reason, uow.now)]
    account.risk_cause = None
    return told
