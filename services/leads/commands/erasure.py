"""A person is erased (F109): the key of each lead of theirs goes, and what was kept of them as it came.

Rows keep who did what and when, never what was said. Other services do their part as they hear of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, or_, select, text, update

from chassis.db import UnitOfWork
from chassis.dead_letters import forget_letters
from chassis.imports import forget_rows
from chassis.pii import Vault
from chassis.traces import Traces, forget_answers
from services.leads import domain, events
from services.leads.commands.conversions import give_up_conversion
from services.leads.commands.duplicates import drop
from services.leads.commands.log import note
from services.leads.commands.statuses import bump
from services.leads.domain import LeadNotFound
from services.leads.models import ConversionRow, FormSubmission, Lead, Suspicion

WHY: Final = "The person was erased."
_TYPED = (
    "UPDATE status_history SET reason = NULL",
    "UPDATE adjustments SET reason = ''",
    "UPDATE assignments SET reason = ''",
    "UPDATE conversions SET reason = NULL",
    "UPDATE lead_log SET why = NULL, what = what - CAST(:typed AS text[])",
)
"""What people typed about a lead, wherever it is kept beside it."""


def erase_person(uow: UnitOfWork, vault: Vault, lead_id: UUID) -> list[Lead]:
    """Erases whoever a lead is: all leads of the same e-mail address with it; again is a no-op.

    Imports that name the person and have not ended are given up, and so are conversions under way.
    Raises LeadNotFound.
    """
    lead = uow.session.get(Lead, (uow.tenant, lead_id))
    if lead is None:
        raise LeadNotFound("No such lead.")
    if lead.erased_at is not None:
        return [lead]
    return _erase(uow, vault, _same(lead))


def erase_contact(uow: UnitOfWork, vault: Vault, record: Mapping[str, Any]) -> None:
    """Accounts erased a contact: whoever became it, and who has the same address, is the same person."""
    became = select(ConversionRow.lead_id).where(
        ConversionRow.tenant_id == uow.tenant,
        ConversionRow.contact_id == UUID(record["contact_id"]),
        ConversionRow.state == "done",
    )
    theirs: list[ColumnElement[bool]] = [Lead.id.in_(became)]
    if record["origin_lead_id"]:
        theirs.append(Lead.id == UUID(record["origin_lead_id"]))
    if record["email_hash"]:
        theirs.append(Lead.email_hash == record["email_hash"])
    _erase(uow, vault, or_(*theirs))


def _same(lead: Lead) -> ColumnElement[bool]:
    own: ColumnElement[bool] = Lead.id == lead.id
    return or_(own, Lead.email_normal == lead.email_normal) if lead.email_normal else own


def _erase(uow: UnitOfWork, vault: Vault, theirs: ColumnElement[bool]) -> list[Lead]:
    """Files first: what one of them makes of the person meanwhile is found by the look behind it."""
    wanted = select(Lead).where(Lead.tenant_id == uow.tenant, theirs, Lead.erased_at.is_(None))
    seen = uow.session.scalars(wanted).all()
    if not seen:
        return []
    forget_rows(uow, _traces(seen))
    again = wanted.order_by(Lead.id).with_for_update().execution_options(populate_existing=True)
    leads = uow.session.scalars(again).all()
    traces = _traces(leads)
    _forget_submissions(uow, vault, leads, traces)
    forget_answers(uow, traces)
    forget_letters(uow, traces.mentioned_in)
    for lead in leads:
        _erase_lead(uow, vault, lead)
    _forget_words(uow, [lead.id for lead in leads])
    return list(leads)


def _traces(leads: Sequence[Lead]) -> Traces:
    return Traces.of([(lead.id, vars(lead)) for lead in leads])


def _erase_lead(uow: UnitOfWork, vault: Vault, lead: Lead) -> None:
    """Takes a lead out of everything that goes on, and the person out of it."""
    give_up_conversion(uow, lead, WHY)
    if lead.archived_at is None:
        lead.archived_at = uow.now
        bump(uow, lead)
        uow.publish(events.lead_changed(uow, vault, lead, ["archived"]))
    email_hash = lead.email_hash
    for name, value in domain.without_person(vars(lead)).items():
        setattr(lead, name, value)
    lead.erased_at = uow.now
    note(uow, lead, "erased")
    uow.publish(events.lead_erased(uow, lead, email_hash))
    vault.erase(uow, lead.id)


def _forget_submissions(uow: UnitOfWork, vault: Vault, leads: Sequence[Lead], traces: Traces) -> None:
    """Nobody confirms any more what waited; what was sent otherwise is emptied, and is nobody's again."""
    row = FormSubmission
    of_them = or_(
        row.lead_id.in_([lead.id for lead in leads]),
        row.email_hash.in_([lead.email_hash for lead in leads if lead.email_hash]),
        traces.found_in(cast(row.sent, Text)),
    )
    mine = (row.tenant_id == uow.tenant, of_them)
    waiting = delete(row).where(*mine, row.outcome == "awaiting").returning(row.lead_id)
    for lead_id in uow.session.scalars(waiting).all():
        if lead_id:
            vault.erase(uow, lead_id)
    uow.session.execute(update(row).where(*mine).values(sent={}, email_hash=None))


def _forget_words(uow: UnitOfWork, leads: Sequence[UUID]) -> None:
    """Empties what people wrote about leads, and takes them out of whatever compares people."""
    uow.flush()
    named = {"tenant": uow.tenant, "leads": list(leads), "typed": list(domain.TYPED)}
    for change in _TYPED:
        uow.session.execute(text(f"{change} WHERE tenant_id = :tenant AND lead_id = ANY(:leads)"), named)
    drop(uow, "lead", leads)
    about = or_(Suspicion.lead_id.in_(leads), Suspicion.candidate_id.in_(leads))
    uow.session.execute(delete(Suspicion).where(Suspicion.tenant_id == uow.tenant, about))
