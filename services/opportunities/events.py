"""What this service's own writes say: domain event to topic, key and record."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import derived_id, new_id
from chassis.outbox import Outgoing
from services.opportunities.domain import StageMoved
from services.opportunities.models import Opportunity

TOPIC = "opportunities.opportunity"


def opportunity_opened(uow: UnitOfWork, deal: Opportunity) -> Outgoing:
    """An opportunity exists."""
    return _told(uow, "OpportunityOpened", deal.id, {**_about(uow, deal), **_state(deal)})


def opportunity_changed(uow: UnitOfWork, deal: Opportunity, changed: Sequence[str]) -> Outgoing:
    """Fields of an opportunity changed."""
    record = {**_about(uow, deal), **_state(deal), "changed": list(changed)}
    return _told(uow, "OpportunityChanged", deal.id, record)


def opportunity_stage_changed(uow: UnitOfWork, deal: Opportunity, moved: StageMoved) -> Outgoing:
    """An opportunity came to another stage."""
    record = {
        **_about(uow, deal),
        **_state(deal),
        "previous": moved.previous,
        "seconds_in_previous": moved.seconds_in_previous,
        "reason_code": moved.why.reason_code,
        "reason": moved.why.reason,
        "competitor": moved.why.competitor,
    }
    return _told(uow, "OpportunityStageChanged", deal.id, record)


def opportunity_withdrawn(uow: UnitOfWork, deal: Opportunity, reason: str) -> Outgoing:
    """The conversion that opened the opportunity failed."""
    record = {
        **_about(uow, deal),
        "account_id": str(deal.account_id),
        "conversion_id": str(deal.conversion_id),
        "reason": reason,
    }
    return _told(uow, "OpportunityWithdrawn", deal.id, record)


def conversion_ready(
    uow: UnitOfWork, wanted: Mapping[str, Any], deal: Opportunity, created: bool
) -> Outgoing:
    """The opportunity of a conversion is there."""
    record = {
        **_about(uow, deal),
        **_step(wanted, "ready"),
        "account_id": str(deal.account_id),
        "opportunity_created": created,
    }
    return _told(uow, "ConversionOpportunityReady", deal.id, record)


def conversion_refused(
    uow: UnitOfWork, wanted: Mapping[str, Any], version: int, code: str, reason: str
) -> Outgoing:
    """A conversion gets no opportunity."""
    record = {
        **_by(uow),
        **_step(wanted, "refused"),
        "opportunity_id": wanted["opportunity_id"],
        "version": version,
        "code": code,
        "reason": reason,
    }
    return _told(uow, "ConversionOpportunityRefused", UUID(wanted["opportunity_id"]), record)


def answered(uow: UnitOfWork, opportunity: UUID, answer: str, record: Mapping[str, Any]) -> Outgoing:
    """What a conversion was answered before, word for word."""
    return _told(uow, answer, opportunity, record)


def _told(uow: UnitOfWork, type: str, opportunity: UUID, record: Mapping[str, Any]) -> Outgoing:
    return Outgoing(TOPIC, type, f"{uow.tenant}:{opportunity}", record)


def _step(wanted: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """A conversion is answered under the same event id however often it asks."""
    conversion = wanted["conversion_id"]
    return {
        "event_id": str(derived_id(conversion, "opportunity", answer)),
        "conversion_id": conversion,
        "lead_id": wanted["lead_id"],
    }


def _by(uow: UnitOfWork) -> dict[str, Any]:
    return {
        "event_id": str(new_id()),
        "tenant_id": str(uow.tenant),
        "occurred_at": millis(uow.now),
        "actor": uow.actor,
    }


def _about(uow: UnitOfWork, deal: Opportunity) -> dict[str, Any]:
    return {**_by(uow), "opportunity_id": str(deal.id), "version": deal.version}


def _state(deal: Opportunity) -> dict[str, Any]:
    ids = ("account_id", "contact_id", "origin_lead_id", "conversion_id", "owner_id")
    same = ("title", "deal_type", "pipeline", "stage", "outcome", "probability", "amount_minor", "currency")
    return {
        **{name: _text(getattr(deal, name)) for name in ids},
        **{name: getattr(deal, name) for name in (*same, "lead_source", "score_factor")},
        "created_at": millis(deal.created_at),
        "close_date": deal.close_date.isoformat(),
        "stale_at": None if deal.stale_at is None else millis(deal.stale_at),
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
