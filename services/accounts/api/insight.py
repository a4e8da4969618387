"""Routes of what is known of an account: health, score, timeline, growth, and a next lead from it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query

from chassis.http import Id, Page, PagingDep, Router, Transaction
from services.accounts import commands, queries
from services.accounts.api.access import GUARDS, AccountDep
from services.accounts.api.views import (
    ChangeView,
    EntryView,
    GrowthView,
    HealthLineView,
    HealthView,
    LeadDraft,
    ScoreView,
    ShareView,
    lead_draft,
)
from services.accounts.domain.health import START_HEALTH
from services.accounts.domain.timeline import EntryType

router = Router(prefix="/api/accounts/{account}", tags=["account insight"], guards=GUARDS)
LONGEST_SERIES = 1000
"""Changes of the health that are shown; older ones are in the log."""


@router.get("/health")
def explain_health(account: AccountDep, uow: Transaction) -> HealthView:
    """The health and every point of it; `start` and the points add up to `value` (F54)."""
    return HealthView(
        value=account.health,
        start=START_HEALTH,
        at_risk=account.at_risk,
        risk_reason=account.risk_reason,
        risk_since=account.risk_since,
        next_change_at=account.due_at,
        contributions=[HealthLineView.model_validate(line) for line in queries.health_lines(uow, account.id)],
        series=[ChangeView.model_validate(c) for c in queries.health_series(uow, account.id, LONGEST_SERIES)],
    )


@router.get("/score")
def explain_score(account: Id, uow: Transaction) -> ScoreView:
    """The score and what each lead gives to it; the points add up to it (F22)."""
    score, shares = commands.score_of(uow, account)
    return ScoreView(score=score, contributions=[ShareView.model_validate(share) for share in shares])


@router.get("/timeline")
def tell_timeline(
    account: Id,
    uow: Transaction,
    paging: PagingDep,
    type: Annotated[EntryType | None, Query()] = None,
    actor: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[EntryView]:
    """Everything that happened with the account and its leads, the newest first (F53)."""
    rows = queries.timeline(uow, account, type, actor, _position(paging.after), paging.fetch)
    return paging.page(rows, position=lambda row: (row.at, row.id), view=EntryView.model_validate)


@router.get("/growth")
def tell_growth(account: Id, uow: Transaction) -> GrowthView:
    """Leads, opportunities and value by currency, nothing converted (F59)."""
    return GrowthView.model_validate(queries.growth_of(uow, account))


@router.get("/lead-draft", response_model_exclude_none=True)
def draft_lead(
    account: AccountDep,
    uow: Transaction,
    source: Annotated[Literal["upsell", "cross_sell", "renewal"], Query()] = "upsell",
    contact: Annotated[Id | None, Query()] = None,
) -> LeadDraft:
    """A body for POST /api/leads: the account's company and its primary contact, or another one (F3)."""
    chosen = commands.contact_of(uow, account.id, contact) if contact else None
    return lead_draft(account, chosen or commands.primary_of(uow, account.id), source)


def _position(after: Sequence[Any] | None) -> queries.Position:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    return None if after is None else (after[0], after[1])
