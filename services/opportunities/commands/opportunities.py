"""A deal by hand: opened, moved, reopened."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.opportunities import domain, events
from services.opportunities.commands.pipelines import pipeline
from services.opportunities.domain import (
    Money,
    Moved,
    OpportunityNotFound,
    StageMoved,
    Why,
    pipeline_for,
)
from services.opportunities.models import Change, Opportunity

CLOSES_AFTER: Final = timedelta(days=90)
"""Where nobody says another close date (F51)."""
STATE = ("pipeline", "stage", "outcome", "probability", "amount_minor", "currency", "close_date", "closed_at")


def open_opportunity(
    uow: UnitOfWork,
    fields: Mapping[str, Any],
    amount: Money | None,
    *,
    pipeline_key: str | None = None,
    stage: str | None = None,
    opportunity_id: UUID | None = None,
) -> Opportunity:
    """A new deal, in the first stage of its type's pipeline unless said otherwise.

    Raises PipelineNotFound, NotAllowedNow.
    """
    found = pipeline(uow, pipeline_key or pipeline_for(fields["deal_type"]))
    deal = Opportunity(
        tenant_id=uow.tenant,
        id=opportunity_id or new_id(),
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
        lines=[],
        **{"close_date": (uow.now + CLOSES_AFTER).date(), **fields},
    )
    deal.amount, deal.standing = amount, domain.start(found, uow.now, stage)
    uow.session.add(deal)
    uow.session.flush()
    remember(uow, deal, "opened")
    uow.publish(events.opportunity_opened(uow, deal))
    return deal


def set_stage(uow: UnitOfWork, opportunity_id: UUID, stage: str, why: Why) -> Opportunity:
    """Moves a running deal (F63). Raises OpportunityNotFound, NotAllowedNow, ReasonMissing."""
    deal = locked(uow, opportunity_id)
    moved = domain.move(deal.standing, pipeline(uow, deal.pipeline), stage, uow.now, why)
    return _moved(uow, deal, "moved", moved)


def reopen(uow: UnitOfWork, opportunity_id: UUID, stage: str, why: Why) -> Opportunity:
    """Brings a closed deal back. Raises OpportunityNotFound, NotAllowedNow, ReasonMissing."""
    deal = locked(uow, opportunity_id)
    moved = domain.reopen(deal.standing, pipeline(uow, deal.pipeline), stage, uow.now, why)
    return _moved(uow, deal, "reopened", moved)


def locked(uow: UnitOfWork, opportunity_id: UUID) -> Opportunity:
    """The deal under its row lock, which orders its events. Raises OpportunityNotFound."""
    deal = uow.session.get(Opportunity, (uow.tenant, opportunity_id), with_for_update=True)
    if deal is None or deal.outcome == "withdrawn":
        raise OpportunityNotFound("No such opportunity.")
    return deal


def bump(uow: UnitOfWork, deal: Opportunity) -> None:
    """The next version of the deal: each of its events has its own."""
    deal.version += 1
    deal.updated_at = uow.now


def remember(
    uow: UnitOfWork,
    deal: Opportunity,
    kind: str,
    changed: Sequence[str] = (),
    moved: StageMoved | None = None,
) -> None:
    """A line of the history, with how the deal stands now (F64, F65)."""
    why = moved.why if moved else Why()
    uow.session.add(
        Change(
            tenant_id=uow.tenant,
            opportunity_id=deal.id,
            version=deal.version,
            at=uow.now,
            actor=uow.actor,
            kind=kind,
            changed=list(changed),
            previous=moved.previous if moved else None,
            seconds_in_previous=moved.seconds_in_previous if moved else None,
            reason_code=why.reason_code,
            reason=why.reason,
            competitor=why.competitor,
            owner_id=deal.owner_id,
            **{name: getattr(deal, name) for name in STATE},
        )
    )


def _moved(uow: UnitOfWork, deal: Opportunity, kind: str, moved: Moved) -> Opportunity:
    standing, moves = moved
    for move in moves:
        deal.standing = standing
        deal.reason_code, deal.reason = move.why.reason_code, move.why.reason
        deal.competitor = move.why.competitor
        bump(uow, deal)
        remember(uow, deal, kind, moved=move)
        uow.publish(events.opportunity_stage_changed(uow, deal, move))
    return deal
