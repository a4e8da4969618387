"""The lead's log: what happened to it beside score and status."""

from typing import Any, Literal

from chassis.db import UnitOfWork
from services.leads.commands.statuses import bump
from services.leads.models import Lead, LogEntry

Kind = Literal["activity", "consent", "archived", "restored", "erased", "touch"]


def note(uow: UnitOfWork, lead: Lead, kind: Kind, why: str | None = None, **what: Any) -> LogEntry:
    """The next version of a lead, with a line that says why there is one."""
    bump(uow, lead)
    row = log_row(uow, lead, kind, why, **what)
    uow.session.add(row)
    return row


def log_row(uow: UnitOfWork, lead: Lead, kind: Kind, why: str | None = None, **what: Any) -> LogEntry:
    """A line about the lead's version as it is."""
    return LogEntry(
        tenant_id=uow.tenant,
        lead_id=lead.id,
        version=lead.version,
        at=uow.now,
        actor=uow.actor,
        kind=kind,
        what=what,
        why=why,
    )
