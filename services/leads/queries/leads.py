"""Leads as lists and pages show them, and the receipt of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from chassis.pii import normal_email
from services.leads.domain import LeadNotFound, Priority
from services.leads.models import Contribution, Lead
from services.leads.queries.visibility import visible

Order = Literal["-created_at", "-score"]
After = tuple[datetime | int, UUID] | None
"""Where the last page ended: sort value and id of its last row."""
BOUNDS: dict[Priority, tuple[int, int]] = {"high": (80, 100), "medium": (50, 79), "low": (0, 49)}


@dataclass(frozen=True)
class Wanted:
    """Filter and order of a list of leads; None takes all."""

    status: str | None = None
    priority: Priority | None = None
    owner_id: UUID | None = None
    email: str | None = None
    min_score: int | None = None
    q: str | None = None
    unassigned: bool = False
    archived: bool = False
    order: Order = "-created_at"


def list_leads(uow: UnitOfWork, scope: Scope, wanted: Wanted, after: After, limit: int) -> Sequence[Lead]:
    """At most `limit` leads that the scope shows, in the wanted order, falling; ties by id."""
    by = Lead.score if wanted.order == "-score" else Lead.created_at
    found = select(Lead).where(visible(uow, scope), *_conditions(wanted))
    if after is not None:
        found = found.where(tuple_(by, Lead.id) < tuple_(*after))
    return uow.session.scalars(found.order_by(by.desc(), Lead.id.desc()).limit(limit)).all()


def get_lead(uow: UnitOfWork, lead_id: UUID) -> Lead:
    """One lead. Raises LeadNotFound."""
    lead = uow.session.get(Lead, (uow.tenant, lead_id))
    if lead is None:
        raise LeadNotFound("No such lead.")
    return lead


def receipt(uow: UnitOfWork, lead_id: UUID) -> Sequence[Contribution]:
    """Every line of a lead's receipt, in order of time (F18)."""
    mine = (Contribution.tenant_id == uow.tenant, Contribution.lead_id == lead_id)
    found = select(Contribution).where(*mine)
    order = (Contribution.occurred_at, Contribution.event_id, Contribution.rule)
    return uow.session.scalars(found.order_by(*order)).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    away = Lead.archived_at.is_not(None) if wanted.archived else Lead.archived_at.is_(None)
    conditions: list[ColumnElement[bool]] = [away]
    if wanted.status is not None:
        conditions.append(Lead.status == wanted.status)
    if wanted.priority is not None:
        conditions.append(Lead.score.between(*BOUNDS[wanted.priority]))
    if wanted.owner_id is not None:
        conditions.append(Lead.owner_id == wanted.owner_id)
    if wanted.unassigned:
        conditions.append(Lead.owner_id.is_(None))
    if wanted.email is not None:
        conditions.append(Lead.email_normal == normal_email(wanted.email))
    if wanted.min_score is not None:
        conditions.append(Lead.score >= wanted.min_score)
    if wanted.q:
        conditions.append(_matches(wanted.q))
    return conditions


def _matches(text: str) -> ColumnElement[bool]:
    """Any of the fields that people search by contains the text, whatever its case."""
    names = (Lead.first_name, Lead.last_name, Lead.company, Lead.email)
    return or_(*(name.icontains(text, autoescape=True) for name in names))
