"""The log of conversions (F49)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, tuple_

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from services.leads.conversion import ConversionNotFound
from services.leads.models import ConversionRow, Lead
from services.leads.queries.visibility import visible


def get_conversion(uow: UnitOfWork, id: UUID) -> ConversionRow:
    """One conversion. Raises ConversionNotFound."""
    row = uow.session.get(ConversionRow, (uow.tenant, id))
    if row is None:
        raise ConversionNotFound("No such conversion.")
    return row


def only_visible_conversion(uow: UnitOfWork, scope: Scope, id: UUID) -> None:
    """Raises ConversionNotFound for one of a lead that the scope does not show."""
    seen = select(ConversionRow.id).where(_visible(uow, scope), ConversionRow.id == id)
    if uow.session.execute(seen).first() is None:
        raise ConversionNotFound("No such conversion.")


def list_conversions(
    uow: UnitOfWork,
    scope: Scope,
    lead_id: UUID | None,
    account_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ConversionRow]:
    """At most `limit` conversions of leads that the scope shows, the newest first."""
    found = select(ConversionRow).where(_visible(uow, scope))
    if lead_id is not None:
        found = found.where(ConversionRow.lead_id == lead_id)
    if account_id is not None:
        found = found.where(ConversionRow.account_id == account_id)
    if after is not None:
        found = found.where(tuple_(ConversionRow.started_at, ConversionRow.id) < tuple_(*after))
    order = (ConversionRow.started_at.desc(), ConversionRow.id.desc())
    return uow.session.scalars(found.order_by(*order).limit(limit)).all()


def _visible(uow: UnitOfWork, scope: Scope) -> ColumnElement[bool]:
    mine = ConversionRow.tenant_id == uow.tenant
    if scope.everything:
        return mine
    return and_(mine, ConversionRow.lead_id.in_(select(Lead.id).where(visible(uow, scope))))
