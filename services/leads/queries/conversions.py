"""The log of conversions (F49)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from chassis.db import UnitOfWork
from services.leads.conversion import ConversionNotFound
from services.leads.models import ConversionRow


def get_conversion(uow: UnitOfWork, id: UUID) -> ConversionRow:
    """One conversion. Raises ConversionNotFound."""
    row = uow.session.get(ConversionRow, (uow.tenant, id))
    if row is None:
        raise ConversionNotFound("No such conversion.")
    return row


def list_conversions(
    uow: UnitOfWork,
    lead_id: UUID | None,
    account_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ConversionRow]:
    """At most `limit` conversions, the newest first."""
    found = select(ConversionRow).where(ConversionRow.tenant_id == uow.tenant)
    if lead_id is not None:
        found = found.where(ConversionRow.lead_id == lead_id)
    if account_id is not None:
        found = found.where(ConversionRow.account_id == account_id)
    if after is not None:
        found = found.where(tuple_(ConversionRow.started_at, ConversionRow.id) < tuple_(*after))
    order = (ConversionRow.started_at.desc(), ConversionRow.id.desc())
    return uow.session.scalars(found.order_by(*order).limit(limit)).all()
