"""What people do with a lead, logged (F84)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.leads import domain, events
from services.leads.commands.log import note
from services.leads.commands.statuses import locked
from services.leads.domain import Activity
from services.leads.models import Lead, LogEntry


@dataclass(frozen=True)
class Deed:
    """What was done, when, and what there is to say about it."""

    activity: Activity
    happened_at: datetime
    text: str | None
    human: bool
    """Done by a person: only such a contact counts as the first one."""


def log_activity(uow: UnitOfWork, lead_id: UUID, deed: Deed) -> tuple[Lead, LogEntry]:
    """Logs a deed; the first human call, mail or meeting ends the wait. Raises LeadNotFound, NotYet."""
    domain.check_happened(deed.happened_at, uow.now)
    lead = locked(uow, lead_id)
    first = domain.first_contact(lead.first_contacted_at, deed.activity, deed.happened_at, deed.human)
    if first:
        lead.first_contacted_at = deed.happened_at
    activity_id = new_id()
    row = note(
        uow,
        lead,
        "activity",
        deed.text,
        activity_id=str(activity_id),
        activity=deed.activity,
        happened_at=deed.happened_at.isoformat(),
        first=first,
    )
    uow.publish(events.lead_activity_logged(uow, lead, activity_id, deed.activity, deed.happened_at, first))
    return lead, row
