"""Rule sets of a tenant, the newest first."""

from sqlalchemy import select

from chassis.db import UnitOfWork
from services.leads.models import RuleSetRow


def list_rule_sets(uow: UnitOfWork) -> list[RuleSetRow]:
    """Drafts and published sets; the default, version 1, is not among them."""
    mine = select(RuleSetRow).where(RuleSetRow.tenant_id == uow.tenant)
    return list(uow.session.scalars(mine.order_by(RuleSetRow.version.desc())))
