"""Routes of opportunities: open, read, move, reopen."""

from fastapi import Response

from chassis.http import CallerDep, Id, Router, Transaction, accepts, etag, require
from services.opportunities import commands, queries
from services.opportunities.api.bodies import NewOpportunity, NewStage, Reopening
from services.opportunities.api.views import OpportunityView, opportunity_view
from services.opportunities.domain import Why
from services.opportunities.models import Opportunity

router = Router(prefix="/api/opportunities", tags=["opportunities"])
WRITERS = require("rep", "manager", "account_manager", "admin", "service")
OWNERS = frozenset({"rep", "manager", "account_manager"})


@router.post("", status_code=201, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def open_opportunity(
    body: NewOpportunity, uow: Transaction, caller: CallerDep, response: Response
) -> OpportunityView:
    """A new deal; who sells owns the own deals."""
    fields = body.model_dump(include={"title", "account_id", "contact_id", "description"})
    fields |= {"deal_type": body.type, "owner_id": caller.user if caller.roles & OWNERS else None}
    if body.close_date:
        fields["close_date"] = body.close_date
    amount = body.amount.money if body.amount else None
    deal = commands.open_opportunity(uow, fields, amount, pipeline_key=body.pipeline, stage=body.stage)
    response.headers["Location"] = f"/api/opportunities/{deal.id}"
    return _shown(deal, response)


@router.get("/{opportunity}")
def get_opportunity(opportunity: Id, uow: Transaction, response: Response) -> OpportunityView:
    """One deal."""
    return _shown(queries.get_opportunity(uow, opportunity), response)


@router.post("/{opportunity}/stage", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def set_stage(opportunity: Id, body: NewStage, uow: Transaction, response: Response) -> OpportunityView:
    """Moves a running deal; 409 with `allowed` where its stage forbids it."""
    why = Why(body.reason_code, body.reason, body.competitor)
    return _shown(commands.set_stage(uow, opportunity, body.stage, why), response)


@router.post("/{opportunity}/reopen", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def reopen(opportunity: Id, body: Reopening, uow: Transaction, response: Response) -> OpportunityView:
    """Brings a closed deal back to an open stage."""
    why = Why(reason_code="reopened", reason=body.reason)
    return _shown(commands.reopen(uow, opportunity, body.stage, why), response)


def _shown(deal: Opportunity, response: Response) -> OpportunityView:
    response.headers["ETag"] = etag(deal.version)
    return opportunity_view(deal)
