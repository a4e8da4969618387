"""Steps of a conversion that leads conducts: the opportunity opened or linked, taken back where it failed.

Each step and its answer are one transaction, and a repeated one is answered again, word for word.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import id_of
from chassis.money import DECIMALS
from chassis.outbox import Outgoing
from services.opportunities import events
from services.opportunities.commands.opportunities import bump, open_opportunity, remember
from services.opportunities.domain import AccountClosed, InvalidMoney, Money, score_factor
from services.opportunities.models import Conversion, Opportunity

Record = Mapping[str, Any]


def give_opportunity(uow: UnitOfWork, wanted: Record) -> None:
    """Answers ConversionOpportunityWanted: opens the opportunity, or links the one that was chosen."""
    known = uow.session.get(Conversion, (uow.tenant, UUID(wanted["conversion_id"])))
    if known:
        uow.publish(events.answered(uow, known.opportunity_id, known.answer, known.record))
        return
    answer = _link(uow, wanted) if wanted["opportunity_exists"] else _open(uow, wanted)
    uow.session.add(
        Conversion(
            tenant_id=uow.tenant,
            id=UUID(wanted["conversion_id"]),
            opportunity_id=UUID(wanted["opportunity_id"]),
            answer=answer.type,
            record=answer.record,
        )
    )
    uow.publish(answer)


def withdraw_opportunity(uow: UnitOfWork, failed: Record) -> None:
    """Takes back the opportunity that a failed conversion opened; one that it only linked stays."""
    if failed["opportunity_id"] is None:
        return
    deal = _deal(uow, failed["opportunity_id"])
    if deal is None or str(deal.conversion_id) != failed["conversion_id"] or deal.outcome == "withdrawn":
        return
    deal.outcome = "withdrawn"
    bump(uow, deal)
    remember(uow, deal, "withdrawn")
    uow.publish(events.opportunity_withdrawn(uow, deal, failed["reason"]))


def _open(uow: UnitOfWork, wanted: Record) -> Outgoing:
    """Opens the opportunity under the id that the conversion chose for it."""
    fields = {
        "id": UUID(wanted["opportunity_id"]),
        "title": wanted["title"],
        "account_id": UUID(wanted["account_id"]),
        "contact_id": UUID(wanted["contact_id"]),
        "origin_lead_id": UUID(wanted["lead_id"]),
        "conversion_id": UUID(wanted["conversion_id"]),
        "deal_type": wanted["deal_type"],
        "close_date": date.fromisoformat(wanted["close_date"]),
        "owner_id": id_of(wanted["owner_id"]),
        "lead_source": wanted["lead_source"],
        "score_factor": score_factor(wanted["score"]),
        "pii": wanted["pii"],
        "key_id": wanted["key_id"],
    }
    try:
        deal = open_opportunity(uow, fields | {"amount": _amount(wanted)})
    except (AccountClosed, InvalidMoney) as error:
        return events.conversion_refused(uow, wanted, 1, "not_possible", str(error))
    bump(uow, deal)
    return events.conversion_ready(uow, wanted, deal, created=True)


def _link(uow: UnitOfWork, wanted: Record) -> Outgoing:
    """Links the opportunity that the caller chose, which must be open and of the account."""
    deal = _deal(uow, wanted["opportunity_id"])
    if deal is None or deal.outcome == "withdrawn":
        text = "There is no such opportunity."
        return events.conversion_refused(uow, wanted, 1, "opportunity_not_found", text)
    bump(uow, deal)
    if str(deal.account_id) != wanted["account_id"]:
        text = "The opportunity belongs to another account."
        return events.conversion_refused(uow, wanted, deal.version, "wrong_account", text)
    if deal.outcome != "open":
        text = f"The opportunity is {deal.outcome}."
        return events.conversion_refused(uow, wanted, deal.version, "opportunity_closed", text)
    return events.conversion_ready(uow, wanted, deal, created=False)


def _deal(uow: UnitOfWork, opportunity_id: str) -> Opportunity | None:
    return uow.session.get(Opportunity, (uow.tenant, UUID(opportunity_id)), with_for_update=True)


def _amount(wanted: Record) -> Money | None:
    """Raises InvalidMoney."""
    minor, currency = wanted["amount_minor"], wanted["currency"]
    if minor is None or currency is None:
        return None
    if currency not in DECIMALS:
        raise InvalidMoney(f"{currency} is no currency of ISO 4217 that money is made of.")
    return Money(minor, currency)
