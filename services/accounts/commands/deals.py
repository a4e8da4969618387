"""Read model of opportunities: what they say of their accounts (F53, F54, F59). The highest version holds."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from chassis.ids import id_of
from services.accounts.commands.health import tend
from services.accounts.commands.timeline import entry, note
from services.accounts.models import Deal

Record = Mapping[str, Any]


def take_deal(uow: UnitOfWork, type: str, record: Record) -> None:
    """Takes in one event of an opportunity; the account that it concerns is counted anew."""
    deal = uow.session.get(Deal, (uow.tenant, UUID(record["opportunity_id"])), with_for_update=True)
    if deal is not None and record["version"] <= deal.version:
        return
    before = deal.account_id if deal else None
    note(uow, [entry(uow, type, record, UUID(record["account_id"]))])
    if type == "OpportunityWithdrawn":
        if deal is not None:
            deal.version, deal.withdrawn = record["version"], True
    else:
        _keep(uow, deal, record)
    uow.session.flush()
    tend(uow, {before, UUID(record["account_id"])})


def _keep(uow: UnitOfWork, deal: Deal | None, record: Record) -> None:
    outcome = record["outcome"]
    ended = deal.closed_at if deal and deal.outcome == outcome else from_millis(record["occurred_at"])
    values = {
        "version": record["version"],
        "account_id": UUID(record["account_id"]),
        "conversion_id": id_of(record["conversion_id"]),
        "opened_at": from_millis(record["created_at"]),
        "deal_type": record["deal_type"],
        "outcome": outcome,
        "closed_at": None if outcome == "open" else ended,
        "amount_minor": record["amount_minor"],
        "currency": record["currency"],
        "withdrawn": False,
    }
    if deal is None:
        uow.session.add(Deal(tenant_id=uow.tenant, id=UUID(record["opportunity_id"]), **values))
        return
    for name, value in values.items():
        setattr(deal, name, value)
