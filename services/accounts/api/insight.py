"""Routes of what is known of an account: health, score, timeline, growth, and a next lead from it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query

from chassis.http import Id, Page, PagingDep, Router, ScopeDep, Transaction
from services.accounts import commands, queries
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

router = Router(prefix="/api/accounts/{account}", tags=["account insight"])
LONGEST_SERIES = 1000
"""Changes of the health that are shown; older ones are in the log."""


@router.get("/health")
def explain_health(account: Id, uow: Transaction, scope: ScopeDep) -> HealthView:
    """The health and every point of it; `start` and the points add up to `value` (F54)."""
    row = queries.get_account(uow, scope, account)
    return HealthView(
        value=row.health,
        start=START_HEALTH,
        at_risk=row.at_risk,
        risk_reason=row.risk_reason,
        risk_since=row.risk_since,
        next_change_at=row.due_at,
        contributions=[HealthLineView.model_validate(line) for line in queries.health_lines(uow, account)],
        series=[ChangeView.model_validate(c) for c in queries.health_series(uow, account, LONGEST_SERIES)],
    )


@router.get("/score")
def explain_score(account: Id, uow: Transaction, scope: ScopeDep) -> ScoreView:
    """The score and what each lead gives to it; the points add up to it (F22)."""
    queries.get_account(uow, scope, account)
    score, shares = commands.score_of(uow, account)
    return ScoreView(score=score, contributions=[ShareView.model_validate(share) for share in shares])


@router.get("/timeline")
def tell_timeline(
    account: Id,
    uow: Transaction,
    scope: ScopeDep,
    paging: PagingDep,
    type: Annotated[EntryType | None, Query()] = None,
    actor: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[EntryView]:
    """Everything that happened with the account and its leads, the newest first (F53)."""
    queries.get_account(uow, scope, account)
    rows = queries.timeline(uow, account, type, actor, _position(paging.after), paging.fetch)
    return paging.page(rows, position=lambda row: (row.at, row.id), view=EntryView.model_validate)


@router.get("/growth")
def tell_growth(account: Id, uow: Transaction, scope: ScopeDep) -> GrowthView:
    """Leads, opportunities and value by currency, nothing converted (F59)."""
    queries.get_account(uow, scope, account)
    return GrowthView.model_validate(queries.growth_of(uow, account))


@router.get("/lead-draft", response_model_exclude_none=True)
def draft_lead(
    account: Id,
    uow: Transaction,
    scope: ScopeDep,
    source: Annotated[Literal["upsell", "cross_sell", "renewal"], Query()] = "upsell",
    contact: Annotated[Id | None, Query()] = None,
) -> LeadDraft:
    """A body for POST /api/leads: the account's company and its primary contact, or another one (F3)."""
    row = queries.get_account(uow, scope, account)
    person = commands.contact_of(uow, account, contact) if contact else commands.primary_of(uow, account)
    return lead_draft(row, person, source)


def _position(after: Sequence[Any] | None) -> queries.Position:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    return None if after is None else (after[0], after[1])
