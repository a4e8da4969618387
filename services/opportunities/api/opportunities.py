"""Routes of opportunities: open, list, read, change, give, move, reopen."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Response

from chassis.http import (
    CallerDep,
    Day,
    Id,
    Page,
    PagingDep,
    RequiredIfMatch,
    Router,
    RuntimeDep,
    ScopeDep,
    Transaction,
    accepts,
    etag,
    require,
)
from services.opportunities import commands, queries
from services.opportunities.api.bodies import (
    Key,
    NewOpportunity,
    NewOwner,
    NewStage,
    OpportunityChange,
    Reopening,
)
from services.opportunities.api.views import ChangeView, OpportunityView, change_view, opportunity_view
from services.opportunities.domain import DealType, Outcome, Why
from services.opportunities.models import Opportunity
from services.opportunities.queries import Order, Wanted

WRITERS = require("rep", "manager", "account_manager", "admin", "service")
OWNERS = frozenset({"rep", "manager", "account_manager"})


def only_visible(opportunity: Id, uow: Transaction, scope: ScopeDep) -> Opportunity:
    """The deal; answers for one that the caller may not see as for one that is not there (F107)."""
    return queries.get_opportunity(uow, scope, opportunity)


DealDep = Annotated[Opportunity, Depends(only_visible)]
"""The deal that the path names; asked for once a request, by the guard."""


def show_with(
    uow: Transaction, runtime: RuntimeDep, response: Response
) -> Callable[[Opportunity], OpportunityView]:
    """Answers with a deal as it is, its version, and what opens of the person."""

    def show(deal: Opportunity) -> OpportunityView:
        response.headers["ETag"] = etag(deal.version)
        return opportunity_view(deal, queries.attributes_of(uow, runtime.vault, [deal]).get(deal.id, {}))

    return show


ShowDep = Annotated[Callable[[Opportunity], OpportunityView], Depends(show_with)]
router = Router(prefix="/api/opportunities", tags=["opportunities"], guards={"opportunity": only_visible})


@router.post("", status_code=201, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def open_opportunity(
    body: NewOpportunity, uow: Transaction, caller: CallerDep, response: Response, show: ShowDep
) -> OpportunityView:
    """A new deal; who sells owns the own deals."""
    owner = caller.user if caller.roles & OWNERS else None
    deal = commands.open_opportunity(uow, body.opening(owner))
    response.headers["Location"] = f"/api/opportunities/{deal.id}"
    return show(deal)


@router.get("")
def list_opportunities(
    uow: Transaction,
    runtime: RuntimeDep,
    scope: ScopeDep,
    paging: PagingDep,
    pipeline: Annotated[Key | None, Query()] = None,
    stage: Annotated[Key | None, Query()] = None,
    outcome: Annotated[Outcome | None, Query()] = None,
    type: Annotated[DealType | None, Query()] = None,
    owner_id: Annotated[Id | None, Query()] = None,
    account_id: Annotated[Id | None, Query()] = None,
    close_from: Annotated[Day | None, Query()] = None,
    close_to: Annotated[Day | None, Query()] = None,
    stale: Annotated[bool, Query(description="Only those too long in their stage")] = False,
    sort: Annotated[Order, Query()] = "-created_at",
) -> Page[OpportunityView]:
    """The tenant's deals, filtered; the newest first, or those that close first."""
    stale_by = uow.now if stale else None
    wanted = Wanted(pipeline, stage, outcome, type, owner_id, account_id, close_from, close_to, stale_by)
    rows = queries.list_opportunities(uow, scope, wanted, sort, _position(paging.after), paging.fetch)
    known = queries.attributes_of(uow, runtime.vault, rows)
    return paging.page(
        rows, lambda row: _place(row, sort), lambda row: opportunity_view(row, known.get(row.id, {}))
    )


@router.get("/{opportunity}")
def get_opportunity(opportunity: DealDep, show: ShowDep) -> OpportunityView:
    """One deal."""
    return show(opportunity)


@router.patch("/{opportunity}", dependencies=[WRITERS])
def change_opportunity(
    opportunity: Id,
    body: OpportunityChange,
    uow: Transaction,
    scope: ScopeDep,
    seen: RequiredIfMatch,
    show: ShowDep,
) -> OpportunityView:
    """Changes the named fields."""
    return show(commands.change_opportunity(uow, scope, opportunity, body.fields(), seen.check))


@router.get("/{opportunity}/history")
def tell_history(opportunity: Id, uow: Transaction, paging: PagingDep) -> Page[ChangeView]:
    """What happened to a deal, the newest first; with who, why and the time in each stage that it left."""
    before = paging.after[0] if paging.after else None
    rows = queries.history(uow, opportunity, before, paging.fetch)
    return paging.page(rows, position=lambda row: (row.version,), view=change_view)


@router.post("/{opportunity}/owner", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def give_opportunity(
    opportunity: Id, body: NewOwner, uow: Transaction, scope: ScopeDep, show: ShowDep
) -> OpportunityView:
    """Gives a deal to somebody."""
    return show(commands.give_opportunity_to(uow, scope, opportunity, body.owner_id))


@router.post("/{opportunity}/stage", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def set_stage(
    opportunity: Id, body: NewStage, uow: Transaction, scope: ScopeDep, show: ShowDep
) -> OpportunityView:
    """Moves a running deal; 409 with `allowed` where its stage forbids it."""
    why = Why(body.reason_code, body.reason, body.competitor)
    return show(commands.set_stage(uow, scope, opportunity, body.stage, why))


@router.post("/{opportunity}/reopen", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def reopen(
    opportunity: Id, body: Reopening, uow: Transaction, scope: ScopeDep, show: ShowDep
) -> OpportunityView:
    """Brings a closed deal back to an open stage."""
    why = Why(reason_code="reopened", reason=body.reason)
    return show(commands.reopen(uow, scope, opportunity, body.stage, why))


def _place(row: Opportunity, order: Order) -> Sequence[Any]:
    by = row.close_date.isoformat() if order == "close_date" else row.created_at
    return by, row.id


def _position(after: Sequence[Any] | None) -> queries.After:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    if after is None:
        return None
    by, id = after
    return (date.fromisoformat(by) if isinstance(by, str) else by), id
