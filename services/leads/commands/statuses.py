"""The status of a lead: moved by a person or by its score, kept in the history, told to others."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from services.leads import domain, events
from services.leads.conversion import ConversionActive
from services.leads.domain import LeadNotFound, Moved, PersonErased, Status, StatusChanged
from services.leads.models import Lead, StatusChange


def set_status(
    uow: UnitOfWork, lead_id: UUID, status: Status, reason_code: str | None, reason: str | None
) -> tuple[Lead, list[str]]:
    """A person's decision about the status, and what they are warned of (F26-F28).

    Raises LeadNotFound, NotAllowedNow, ReasonMissing, Busy, ConversionActive.
    """
    lead = movable(uow, lead_id)
    moved = domain.set_status(lead.standing, status, lead.score, uow.now, reason_code, reason)
    move(uow, lead, moved)
    return lead, [change.warning for change in moved[1] if change.warning]


def reopen(uow: UnitOfWork, lead_id: UUID, reason: str) -> Lead:
    """Takes an unqualified lead up again where its score stands. Raises as set_status."""
    lead = movable(uow, lead_id)
    move(uow, lead, domain.reopen(lead.standing, lead.score, uow.now, reason))
    return lead


def move(uow: UnitOfWork, lead: Lead, moved: Moved, cause: str | None = None) -> None:
    """What a transition says, stored and told."""
    standing, changes = moved
    for change in changes:
        lead.standing = standing
        record_status(uow, lead, change, cause)


def movable(uow: UnitOfWork, lead_id: UUID) -> Lead:
    """The locked lead, if people may move it now. Raises LeadNotFound, Busy, ConversionActive."""
    lead = locked(uow, lead_id)
    domain.check_movable(archived=lead.archived_at is not None)
    check_unconverting(lead)
    return lead


def check_unconverting(lead: Lead) -> None:
    """Raises ConversionActive while a conversion of the lead is under way."""
    if lead.conversion_id is not None and lead.status != "converted":
        raise ConversionActive(lead.conversion_id)


def locked(uow: UnitOfWork, lead_id: UUID) -> Lead:
    """The lead under its row lock, which orders its events. Raises LeadNotFound, PersonErased."""
    lead = locked_row(uow, lead_id)
    if lead.erased_at is not None:
        raise PersonErased("The person was erased; nothing can be done with the lead any more.")
    return lead


def locked_row(uow: UnitOfWork, lead_id: UUID) -> Lead:
    """The same, of an erased person's lead too. Raises LeadNotFound."""
    lead = uow.session.get(Lead, (uow.tenant, lead_id), with_for_update=True)
    if lead is None:
        raise LeadNotFound("No such lead.")
    return lead


def locked_all(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """Leads under their row locks, always in one order, so nobody waits in a circle."""
    if not ids:
        return {}
    found = select(Lead).where(Lead.tenant_id == uow.tenant, Lead.id.in_(ids)).order_by(Lead.id)
    found = found.with_for_update().execution_options(populate_existing=True)
    return {lead.id: lead for lead in uow.session.scalars(found)}


def bump(uow: UnitOfWork, lead: Lead) -> None:
    """The next version of the lead: each of its events has its own."""
    lead.version += 1
    lead.updated_at = uow.now


def record_status(uow: UnitOfWork, lead: Lead, change: StatusChanged, cause: str | None = None) -> None:
    """Keeps a change of status in the history and tells of it; the lead's own row is changed already."""
    bump(uow, lead)
    uow.session.add(StatusChange(**status_row(uow, lead, change)))
    uow.publish(events.lead_status_changed(uow, lead, change, cause))


def status_row(uow: UnitOfWork, lead: Lead, change: StatusChanged) -> dict[str, Any]:
    """A line of the status history (F30)."""
    return {
        "tenant_id": uow.tenant,
        "lead_id": lead.id,
        "version": lead.version,
        "at": change.at,
        "actor": uow.actor,
        "previous": change.previous,
        "status": change.status,
        "seconds_in_previous": change.seconds_in_previous,
        "reason_code": change.reason_code,
        "reason": change.reason,
        "warning": change.warning,
        "score": change.score,
        "rules_version": lead.rules_version,
    }


def first_status(uow: UnitOfWork, lead: Lead) -> dict[str, Any]:
    """The first line of the status history."""
    status = lead.standing.status
    started = StatusChanged(status, status, uow.now, 0, False, lead.score, "created", "Created.")
    return {**status_row(uow, lead, started), "previous": None}


def promote(uow: UnitOfWork, lead: Lead, previous: int, at_score: int, cause: str | None = None) -> None:
    """What a new shown score does to the status, in the transaction that stores it (F25).

    Nothing to an archived lead.
    """
    if lead.archived_at is None:
        move(uow, lead, domain.promote(lead.standing, previous, at_score, uow.now), cause)
