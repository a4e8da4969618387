"""Leads out of the way and back: archived, restored, never deleted (F33)."""

from uuid import UUID

from chassis.db import UnitOfWork
from chassis.pii import Vault
from services.leads import events
from services.leads.commands.log import note
from services.leads.commands.statuses import check_unconverting, locked, promote
from services.leads.domain import NeverDeleted
from services.leads.models import Lead


def archive_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, reason: str | None) -> Lead:
    """Takes a lead out of lists and automation; an archived one is so already.

    Raises LeadNotFound, ConversionActive.
    """
    lead = locked(uow, lead_id)
    if lead.archived_at is None:
        check_unconverting(lead)
        lead.archived_at = uow.now
        note(uow, lead, "archived", reason)
        uow.publish(events.lead_changed(uow, vault, lead, ["archived"]))
    return lead


def restore_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, reason: str | None) -> Lead:
    """Brings a lead back; its score may have passed its status meanwhile. Raises LeadNotFound."""
    lead = locked(uow, lead_id)
    if lead.archived_at is not None:
        lead.archived_at = None
        note(uow, lead, "restored", reason)
        uow.publish(events.lead_changed(uow, vault, lead, ["archived"]))
        promote(uow, lead, lead.score, lead.score)
    return lead


def delete_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID) -> None:
    """Archives a lead, since its events stay in the log.

    Raises LeadNotFound, NeverDeleted, ConversionActive.
    """
    if locked(uow, lead_id).status == "converted":
        raise NeverDeleted("A converted lead is never deleted; it can be archived.")
    archive_lead(uow, vault, lead_id, "Deleted.")
