"""What a person allows, kept with its history (F8)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from services.leads import domain, events
from services.leads.commands.log import log_row
from services.leads.commands.statuses import bump, locked, locked_all
from services.leads.domain import Consent
from services.leads.models import Lead, LogEntry

UNSUBSCRIBED: Final = "unsubscribed"
"""The kind of engagement by which a person takes back what was allowed of e-mails."""


def record_consent(uow: UnitOfWork, lead_id: UUID, consent: Consent) -> Lead:
    """Keeps what a person said of a channel; an older or the same word changes nothing.

    Raises LeadNotFound, NotYet.
    """
    lead = locked(uow, lead_id)
    uow.session.add_all(consent_rows(uow, lead, [consent]))
    return lead


def take_back_consents(uow: UnitOfWork, records: Sequence[Mapping[str, Any]]) -> None:
    """Who unsubscribed allows no e-mail any more; other engagement says nothing of it (F8, F79)."""
    said = [record for record in records if record["kind"] == UNSUBSCRIBED]
    leads = locked_all(uow, {UUID(record["lead_id"]) for record in said})
    for record in said:
        if (lead := leads.get(UUID(record["lead_id"]))) and lead.erased_at is None:
            uow.session.add_all(consent_rows(uow, lead, [_taken_back(record)]))


def consent_rows(uow: UnitOfWork, lead: Lead, consents: Sequence[Consent]) -> list[LogEntry]:
    """The lead with what the person said, told; lines of the log still to be stored. Raises NotYet."""
    rows = []
    for consent in consents:
        domain.check_happened(consent.at, uow.now)
        known = lead.consents or {}
        if domain.later(known.get(consent.channel), consent):
            bump(uow, lead)
            lead.consents = {**known, consent.channel: consent.plain()}
            rows.append(log_row(uow, lead, "consent", channel=consent.channel, **consent.plain()))
            uow.publish(events.lead_consent_changed(uow, lead, consent))
    return rows


def _taken_back(record: Mapping[str, Any]) -> Consent:
    """A sender's clock may be ahead: nobody said anything after it was heard."""
    at = from_millis(min(record["occurred_at"], record["received_at"]))
    return Consent("email", "withdrawn", at, UNSUBSCRIBED, f"event {record['event_id']}")
