"""What happened to a lead."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.http import View
from services.leads.models import Lead, LogEntry
from services.leads.queries import Entry


class ActivityView(View):
    """What somebody did with a lead."""

    id: UUID
    activity: str
    happened_at: datetime
    first: bool
    """The first human contact, as far as is known."""
    text: str | None
    first_contacted_at: datetime | None
    version: int


class EntryView(View):
    """Something that happened to a lead: who, what, when, why."""

    type: Literal["score", "status", "activity", "consent", "archived", "restored", "erased", "touch"]
    at: datetime
    who: str
    what: dict[str, Any]
    why: str | None
    cause: str | None
    cause_id: str | None
    occurred_at: datetime | None
    recorded_at: datetime | None
    stored_at: datetime | None


def entry_view(row: Entry) -> EntryView:
    """As the API shows a change."""
    return EntryView.model_validate(row)


def activity_view(lead: Lead, row: LogEntry) -> ActivityView:
    """As the API shows an activity."""
    what = row.what
    return ActivityView(
        id=what["activity_id"],
        activity=what["activity"],
        happened_at=what["happened_at"],
        first=what["first"],
        text=row.why,
        first_contacted_at=lead.first_contacted_at,
        version=lead.version,
    )
