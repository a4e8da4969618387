"""A deal by hand: opened, changed, given, moved, reopened."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from chassis.colleagues import ColleagueRow, Scope
from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.opportunities import domain, events
from services.opportunities.commands.accounts import need_open_account
from services.opportunities.commands.pipelines import pipeline
from services.opportunities.domain import (
    Money,
    Moved,
    OpportunityNotFound,
    OwnerUnknown,
    StageMoved,
    Why,
    pipeline_for,
    worth,
)
from services.opportunities.models import Change, Opportunity
from services.opportunities.queries import there

CLOSES_AFTER: Final = timedelta(days=90)
"""Where nobody says another close date (F51)."""
OPTIONAL = (
    "description",
    "contact_id",
    "origin_lead_id",
    "conversion_id",
    "reason_code",
    "reason",
    "competitor",
    "owner_id",
    "lead_source",
    "score_factor",
    "pii",
    "key_id",
)
STATE = ("pipeline", "stage", "outcome", "probability", "amount_minor", "currency", "close_date", "closed_at")


def open_opportunity(uow: UnitOfWork, fields: Mapping[str, Any]) -> Opportunity:
    """A new deal, in the first stage of its type's pipeline unless `pipeline` or `stage` say otherwise.

    Raises AccountUnknown, AccountClosed, PipelineNotFound, NotAllowedNow, InvalidMoney.
    """
    given = {"id": new_id(), "close_date": (uow.now + CLOSES_AFTER).date(), **fields}
    key, stage = given.pop("pipeline", None), given.pop("stage", None)
    lines = given.pop("lines", [])
    need_open_account(uow, given["account_id"], vouched="conversion_id" in given)
    found = pipeline(uow, key or pipeline_for(given["deal_type"]))
    deal = Opportunity(
        **{**dict.fromkeys(OPTIONAL), **given, "amount": worth(given.get("amount"), lines)},
        tenant_id=uow.tenant,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
        lines=lines,
        standing=domain.start(found, uow.now, stage),
    )
    uow.session.add(deal)
    remember(uow, deal, "opened")
    uow.publish(events.opportunity_opened(uow, deal))
    return deal


def change_opportunity(
    uow: UnitOfWork, scope: Scope, opportunity_id: UUID, fields: Mapping[str, Any], seen: Any
) -> Opportunity:
    """Changes the named fields; what is as it was changes nothing. `seen(version)` refuses a stale view.

    Raises OpportunityNotFound, InvalidMoney.
    """
    deal = locked(uow, scope, opportunity_id)
    seen(deal.version)
    return set_fields(uow, deal, {**fields, **_worth(deal, fields)})


def give_opportunity_to(
    uow: UnitOfWork, scope: Scope, opportunity_id: UUID, owner: UUID | None
) -> Opportunity:
    """Gives a deal to somebody, or to nobody. Raises OpportunityNotFound, OwnerUnknown."""
    deal = locked(uow, scope, opportunity_id)
    if owner is not None:
        colleague = uow.session.get(ColleagueRow, (uow.tenant, owner))
        if colleague is None or not colleague.active:
            raise OwnerUnknown("Nobody of that id works here.")
    return set_fields(uow, deal, {"owner_id": owner})


def set_stage(uow: UnitOfWork, scope: Scope, opportunity_id: UUID, stage: str, why: Why) -> Opportunity:
    """Moves a running deal (F63). Raises OpportunityNotFound, NotAllowedNow, ReasonMissing."""
    deal = locked(uow, scope, opportunity_id)
    moved = domain.move(deal.standing, pipeline(uow, deal.pipeline), stage, uow.now, why)
    return _moved(uow, deal, "moved", moved)


def reopen(uow: UnitOfWork, scope: Scope, opportunity_id: UUID, stage: str, why: Why) -> Opportunity:
    """Brings a closed deal back. Raises OpportunityNotFound, NotAllowedNow, ReasonMissing."""
    deal = locked(uow, scope, opportunity_id)
    moved = domain.reopen(deal.standing, pipeline(uow, deal.pipeline), stage, uow.now, why)
    return _moved(uow, deal, "reopened", moved)


def locked(uow: UnitOfWork, scope: Scope, opportunity_id: UUID) -> Opportunity:
    """The deal under its row lock, which orders its events. Raises OpportunityNotFound."""
    found = select(Opportunity).where(*there(uow, scope), Opportunity.id == opportunity_id)
    deal = uow.session.scalars(found.with_for_update(of=Opportunity)).one_or_none()
    if deal is None:
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
    line = {
        "tenant_id": uow.tenant,
        "opportunity_id": deal.id,
        "version": deal.version,
        "at": uow.now,
        "actor": uow.actor,
        "kind": kind,
        "changed": list(changed),
        "previous": moved.previous if moved else None,
        "seconds_in_previous": moved.seconds_in_previous if moved else None,
        "reason_code": why.reason_code,
        "reason": why.reason,
        "competitor": why.competitor,
        "owner_id": deal.owner_id,
        **{name: getattr(deal, name) for name in STATE},
    }
    uow.add_plain(Change, line)


def set_fields(uow: UnitOfWork, deal: Opportunity, wanted: Mapping[str, Any]) -> Opportunity:
    """Changes fields of a locked deal and says so; what is as it was changes nothing."""
    changed = [name for name, value in wanted.items() if getattr(deal, name) != value]
    if not changed:
        return deal
    for name in changed:
        setattr(deal, name, wanted[name])
    bump(uow, deal)
    remember(uow, deal, "changed", changed)
    uow.publish(events.opportunity_changed(uow, deal, changed))
    return deal


def _worth(deal: Opportunity, fields: Mapping[str, Any]) -> dict[str, Money | None]:
    """What the amount becomes where amount or lines are named; without its lines it stays as it was."""
    if fields.keys().isdisjoint({"amount", "lines"}):
        return {}
    lines = fields.get("lines", deal.lines)
    return {"amount": worth(fields.get("amount", None if lines else deal.amount), lines)}


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
