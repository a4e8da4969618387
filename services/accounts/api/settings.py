"""Routes of what a tenant sets, and of reports over all accounts."""

from datetime import timedelta
from typing import Annotated

from fastapi import Response
from pydantic import Field

from chassis.http import RequestModel, RequiredIfMatch, Router, ScopeDep, Transaction, View, etag, require
from services.accounts import commands, queries
from services.accounts.commands import AccountSettings
from services.accounts.domain import Tier
from services.accounts.domain.health import Limits

router = Router(prefix="/api/accounts", tags=["account settings"])
Days = Annotated[int, Field(ge=1, le=3650)]


class TierRule(RequestModel):
    """From which score on a converted lead's account has a tier."""

    least_score: Annotated[int, Field(ge=0, le=100)]
    tier: Tier


class SettingsBody(RequestModel):
    """All settings; there are no defaults to be guessed at."""

    tiers: Annotated[list[TierRule], Field(min_length=1, max_length=20)]
    risk_below: Annotated[int, Field(ge=0, le=100)]
    quiet_after_days: Days
    silent_after_days: Days


class TierView(View):
    """From which score on a converted lead's account has a tier."""

    least_score: int
    tier: Tier


class SettingsView(View):
    """The settings in force; version 0 are the defaults of every tenant."""

    version: int
    tiers: list[TierView]
    risk_below: int
    quiet_after_days: int
    silent_after_days: int


class EsgView(View):
    """Open accounts of one ESG engagement."""

    engagement: str | None
    accounts: int
    rated: int
    average_score: float | None


@router.get("/settings")
def read_settings(uow: Transaction, response: Response) -> SettingsView:
    """Tiers by score, and when an account counts as quiet and as at risk (F55, F56)."""
    return _tagged(commands.settings_of(uow), response)


@router.put("/settings", dependencies=[require("admin")])
def change_settings(
    body: SettingsBody, uow: Transaction, seen: RequiredIfMatch, response: Response
) -> SettingsView:
    """Puts all settings anew."""
    tiers = tuple((rule.least_score, rule.tier) for rule in body.tiers)
    quiet, silent = timedelta(days=body.quiet_after_days), timedelta(days=body.silent_after_days)
    limits = Limits(body.risk_below, quiet, silent)
    return _tagged(commands.change_settings(uow, tiers, limits, seen.check), response)


@router.get("/esg")
def report_esg(uow: Transaction, scope: ScopeDep) -> list[EsgView]:
    """Open accounts by ESG engagement, with how they are rated (F57)."""
    return [EsgView.model_validate(group) for group in queries.esg_report(uow, scope)]


def _tagged(found: AccountSettings, response: Response) -> SettingsView:
    response.headers["ETag"] = etag(found.version)
    return SettingsView(
        version=found.version,
        tiers=[TierView(least_score=least, tier=tier) for least, tier in found.tiers],
        risk_below=found.limits.risk_below,
        quiet_after_days=found.limits.quiet_after.days,
        silent_after_days=found.limits.silent_after.days,
    )
