"""What the tenant's sources brought, month by month."""

from sqlalchemy import func, or_, select

from chassis.db import UnitOfWork
from services.leads.domain import Won
from services.leads.models import Lead, StatusChange


def leads_won(uow: UnitOfWork) -> list[Won]:
    """Leads by source, in the tenant's own word where there is one, and by month of creation, UTC."""
    source = func.coalesce(Lead.own_source, Lead.lead_source)
    month = func.to_char(func.timezone("UTC", Lead.created_at), "YYYY-MM")
    once = select(StatusChange.version).where(
        StatusChange.tenant_id == Lead.tenant_id,
        StatusChange.lead_id == Lead.id,
        StatusChange.status == "qualified",
    )
    ever = or_(Lead.status.in_(("qualified", "converted")), once.exists())
    counted = (
        func.count(),
        func.count().filter(ever),
        func.count().filter(Lead.status == "converted"),
    )
    found = select(source, month, *counted).where(Lead.tenant_id == uow.tenant).group_by(source, month)
    return [Won(*row) for row in uow.session.execute(found)]
