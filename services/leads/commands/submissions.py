"""What web forms send: a lead, or a wait for its confirmation, or a robot's work; once each (F2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from chassis.db import UnitOfWork
from chassis.ids import derived_id
from chassis.pii import Vault
from services.leads import domain, events
from services.leads.commands.creation import Entry, create_lead
from services.leads.commands.log import note
from services.leads.commands.settings import custom_fields_of
from services.leads.commands.statuses import locked
from services.leads.domain import CONFIRM_WITHIN, CUSTOM, Expired, FormNotFound
from services.leads.models import Form, FormSubmission, Lead

Link = Callable[[UUID, datetime], str]
"""The address that confirms a submission, good until a time."""


@dataclass(frozen=True)
class Sent:
    """A submission as it came: its own id, its fields, and the lead that they describe."""

    id: UUID
    fields: Mapping[str, str]
    draft: Mapping[str, Any]
    unmapped: Mapping[str, str]
    robot: bool


def take_submission(uow: UnitOfWork, vault: Vault, form: Form, sent: Sent, link: Link) -> FormSubmission:
    """Keeps a submission and makes of it what the form says.

    The same submission, or the same e-mail on the same form, is the same lead: it is touched once more.
    Raises UnfitCustom.
    """
    email = sent.draft.get("email")
    email_hash = vault.email_hash(uow.tenant, email) if email else None
    _one_at_a_time(uow, form, email_hash or str(sent.id))
    row = uow.session.get(FormSubmission, (uow.tenant, form.id, sent.id))
    if row is not None:
        return row
    row = FormSubmission(
        tenant_id=uow.tenant,
        form_id=form.id,
        id=sent.id,
        received_at=uow.now,
        email_hash=email_hash,
        outcome="flagged",
        sent=dict(sent.fields),
    )
    if not sent.robot:
        _settle(uow, vault, form, row, _typed(uow, form, sent), link)
    uow.session.add(row)
    return row


def confirm_submission(
    uow: UnitOfWork,
    vault: Vault,
    form_id: UUID,
    submission_id: UUID,
    read: Callable[[Form, FormSubmission], Sent],
) -> Form:
    """Makes a lead of a submission that waited for it; once. Raises FormNotFound, Expired."""
    form = uow.session.get(Form, (uow.tenant, form_id))
    row = uow.session.get(FormSubmission, (uow.tenant, form_id, submission_id), with_for_update=True)
    if form is None or row is None:
        raise FormNotFound("No such form.")
    if row.outcome == "awaiting":
        if uow.now > row.received_at + CONFIRM_WITHIN:
            raise Expired("The link is no longer good; send the form again.")
        _one_at_a_time(uow, form, row.email_hash or str(row.id))
        _accept(uow, vault, form, row, _typed(uow, form, read(form, row)))
    return form


def _settle(uow: UnitOfWork, vault: Vault, form: Form, row: FormSubmission, sent: Sent, link: Link) -> None:
    known = _lead_of(uow, row)
    if known is None and form.double_opt_in:
        row.outcome, row.lead_id = "awaiting", derived_id("form", row.id)
        until = uow.now + CONFIRM_WITHIN
        letter = {"email": sent.draft["email"], "link": link(row.id, until)}
        uow.publish(events.form_confirmation_wanted(uow, vault, form, row, letter, until))
    else:
        _accept(uow, vault, form, row, sent)


def _accept(uow: UnitOfWork, vault: Vault, form: Form, row: FormSubmission, sent: Sent) -> None:
    """The lead that the form had of this address already, else a new one; only what is nobody's is kept."""
    known = _lead_of(uow, row)
    row.outcome, row.sent, row.settled_at = "accepted", dict(sent.unmapped), uow.now
    if known is not None:
        row.lead_id = known
        touch_lead(uow, vault, known, sent.draft)
        return
    draft = {**sent.draft, "lead_source": sent.draft.get("lead_source") or "web_form"}
    entered = create_lead(uow, vault, Entry(draft, id=row.lead_id), "form")
    row.lead_id = entered.lead.id if entered.lead else None


def _typed(uow: UnitOfWork, form: Form, sent: Sent) -> Sent:
    """Its texts as custom fields hold them. What was sent for a field that is no more is kept as unmapped.

    Raises UnfitCustom.
    """
    if not (said := sent.draft.get("custom")):
        return sent
    defined = custom_fields_of(uow)
    known = {name: text for name, text in said.items() if name in defined.kinds}
    custom = defined.merged(None, known, texts=True)
    gone = {form.layout.field_of(CUSTOM + name): text for name, text in said.items() if name not in known}
    return replace(sent, draft={**sent.draft, "custom": custom}, unmapped={**sent.unmapped, **gone})


def touch_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, draft: Mapping[str, Any]) -> None:
    """The lead came again, by this way (F7). Raises LeadNotFound."""
    lead = locked(uow, lead_id)
    came = {**draft, "lead_source": "web_form"}
    lead.last_touch = domain.touch(came | domain.ways(came), uow.now)
    note(uow, lead, "touch", None, **lead.last_touch)
    uow.publish(events.lead_changed(uow, vault, lead, ["last_touch"]))


def _lead_of(uow: UnitOfWork, row: FormSubmission) -> UUID | None:
    """The lead that this form has made of the same address before, locked; of who was erased none."""
    if row.email_hash is None:
        return None
    one = FormSubmission
    same = (one.tenant_id == uow.tenant, one.form_id == row.form_id, one.email_hash == row.email_hash)
    made = and_(Lead.tenant_id == one.tenant_id, Lead.id == one.lead_id, Lead.erased_at.is_(None))
    earlier = select(Lead.id).join(one, made).where(*same, one.outcome == "accepted")
    first = earlier.order_by(one.received_at).limit(1).with_for_update(of=Lead)
    return uow.session.scalars(first).one_or_none()


def _one_at_a_time(uow: UnitOfWork, form: Form, who: str) -> None:
    """Two submissions of one person follow each other, so that they cannot become two leads."""
    digest = blake2b(f"form:{form.tenant_id}:{form.id}:{who}".encode(), digest_size=8).digest()
    uow.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))
