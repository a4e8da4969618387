"""Which leads somebody may see (F107): the one condition that lists begin with and paths are checked by."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from services.leads.domain import LeadNotFound
from services.leads.models import Account, Lead


def visible(uow: UnitOfWork, scope: Scope) -> ColumnElement[bool]:
    """Leads that the scope shows, and all leads of the accounts of the people whose things it shows."""
    mine = Lead.tenant_id == uow.tenant
    if scope.everything:
        return mine
    linked = select(Account.id).where(Account.tenant_id == uow.tenant, scope.owns(Account.owner_id))
    return and_(mine, or_(scope.sees(Lead.owner_id, Lead.territory), Lead.account_id.in_(linked)))


def only_visible(uow: UnitOfWork, scope: Scope, lead_id: UUID) -> None:
    """Raises LeadNotFound for a lead that the scope does not show."""
    if uow.session.execute(select(Lead.id).where(visible(uow, scope), Lead.id == lead_id)).first() is None:
        raise LeadNotFound("No such lead.")
