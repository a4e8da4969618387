"""What a person allows, kept with its history (F8)."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import UnitOfWork
from services.leads import domain, events
from services.leads.commands.log import log_row
from services.leads.commands.statuses import bump, locked
from services.leads.domain import Consent
from services.leads.models import Lead, LogEntry


def record_consent(uow: UnitOfWork, lead_id: UUID, consent: Consent) -> Lead:
    """Keeps what a person said of a channel; an older or the same word changes nothing.

    Whoever hears of an unsubscription withdraws by it too. Raises LeadNotFound, NotYet.
    """
    lead = locked(uow, lead_id)
    uow.session.add_all(consent_rows(uow, lead, [consent]))
    return lead


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
