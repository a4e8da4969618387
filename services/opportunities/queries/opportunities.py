"""Opportunities as lists and pages show them."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from chassis.db import UnitOfWork
from services.opportunities.domain import OpportunityNotFound
from services.opportunities.models import Opportunity


def get_opportunity(uow: UnitOfWork, opportunity_id: UUID) -> Opportunity:
    """One opportunity. Raises OpportunityNotFound."""
    found = select(Opportunity).where(visible(uow), Opportunity.id == opportunity_id)
    deal = uow.session.scalars(found).one_or_none()
    if deal is None:
        raise OpportunityNotFound("No such opportunity.")
    return deal


def visible(uow: UnitOfWork) -> ColumnElement[bool]:
    """What there is to see: the one condition that every query over opportunities begins with."""
    return and_(Opportunity.tenant_id == uow.tenant, Opportunity.outcome != "withdrawn")
