"""To whom a lead came, and why (F40)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from services.leads.models import AssignmentRow


def list_assignments(uow: UnitOfWork, lead_id: UUID) -> Sequence[AssignmentRow]:
    """Every assignment of a lead, the newest first."""
    mine = (AssignmentRow.tenant_id == uow.tenant, AssignmentRow.lead_id == lead_id)
    found = select(AssignmentRow).where(*mine).order_by(AssignmentRow.version.desc())
    return uow.session.scalars(found).all()
