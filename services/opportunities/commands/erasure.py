"""A person is erased (F109): what people wrote into the deals that began with them, or are made with them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from chassis.db import UnitOfWork
from chassis.dead_letters import forget_letters
from chassis.pii import Vault
from chassis.traces import Traces, address_of, forget_answers
from services.opportunities.commands.opportunities import set_fields
from services.opportunities.models import Change, Opportunity


def forget_lead(uow: UnitOfWork, vault: Vault, record: Mapping[str, Any]) -> None:
    """Leads erased a person."""
    _forget(uow, vault, Opportunity.origin_lead_id == UUID(record["lead_id"]), record["email_hash"])


def forget_contact(uow: UnitOfWork, vault: Vault, record: Mapping[str, Any]) -> None:
    """Accounts erased a contact."""
    _forget(uow, vault, Opportunity.contact_id == UUID(record["contact_id"]), record["email_hash"])


def _forget(uow: UnitOfWork, vault: Vault, theirs: ColumnElement[bool], email_hash: str | None) -> None:
    """What a deal is called, is worth and came to stays: that is the tenant's own."""
    found = select(Opportunity).where(Opportunity.tenant_id == uow.tenant, theirs).order_by(Opportunity.id)
    deals = uow.session.scalars(found.with_for_update()).all()
    for deal in deals:
        deal.reason = deal.pii = deal.key_id = None
        set_fields(uow, deal, {"description": None})
    words = update(Change).where(
        Change.tenant_id == uow.tenant, Change.opportunity_id.in_([deal.id for deal in deals])
    )
    uow.session.execute(words.values(reason=None))
    forget_answers(uow, Traces.of([(deal.id, {}) for deal in deals]))
    forget_letters(uow, address_of(vault, uow.tenant, email_hash))
