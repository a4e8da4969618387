"""What a tenant sets: which score gives which tier, and when an account is at risk (F55, F56)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from chassis.db import UnitOfWork
from services.accounts.domain import DEFAULT_TIERS, Tiers, check_tiers
from services.accounts.domain.health import DEFAULT_LIMITS, Limits
from services.accounts.models import Account, SettingsRow


@dataclass(frozen=True)
class AccountSettings:
    """The settings in force; version 0 are the defaults."""

    version: int = 0
    tiers: Tiers = DEFAULT_TIERS
    limits: Limits = DEFAULT_LIMITS


def settings_of(uow: UnitOfWork) -> AccountSettings:
    """The tenant's settings, else the defaults."""
    return uow.once(SettingsRow, lambda: _settings(uow.session.get(SettingsRow, uow.tenant)))


def _settings(row: SettingsRow | None) -> AccountSettings:
    if row is None:
        return AccountSettings()
    quiet, silent = timedelta(days=row.quiet_after_days), timedelta(days=row.silent_after_days)
    tiers = tuple((least, tier) for least, tier in row.tiers)
    return AccountSettings(row.version, tiers, Limits(row.risk_below, quiet, silent))


def change_settings(
    uow: UnitOfWork, tiers: Tiers, limits: Limits, seen: Callable[[int], None]
) -> AccountSettings:
    """Puts other settings in force: tiers for coming conversions, limits for all accounts at the next tick.

    `seen(version)` refuses a stale view. Raises InvalidTiers.
    """
    check_tiers(tiers)
    row = uow.session.get(SettingsRow, uow.tenant, with_for_update=True)
    seen(row.version if row else 0)
    if row is None:
        row = SettingsRow(tenant_id=uow.tenant, version=0)
        uow.session.add(row)
    row.version += 1
    row.tiers = [[least, tier] for least, tier in tiers]
    row.risk_below = limits.risk_below
    row.quiet_after_days, row.silent_after_days = limits.quiet_after.days, limits.silent_after.days
    open_ones = (Account.tenant_id == uow.tenant, Account.closed_at.is_(None))
    uow.session.execute(update(Account).where(*open_ones).values(due_at=uow.now))
    uow.session.flush()
    return _settings(row)
