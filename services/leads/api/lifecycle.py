"""Routes of what becomes of a lead: moved, opened again, archived, restored, contacted, allowed."""

from typing import Annotated

from fastapi import Path

from chassis.db import UnitOfWork
from chassis.http import CallerDep, Confirmed, Id, Router, RuntimeDep, Transaction, accepts, require
from services.leads import commands
from services.leads.api.access import GUARDS, WRITERS
from services.leads.api.bodies.leads import ConsentBody, consent_of
from services.leads.api.bodies.lifecycle import NewActivity, NewStatus, Reopening, Why
from services.leads.api.views.history import ActivityView, activity_view
from services.leads.api.views.leads import ErasureView, LeadView, WarnedLeadView, lead_view, shown
from services.leads.commands import Deed
from services.leads.domain import Channel
from services.leads.models import Lead

router = Router(prefix="/api/leads", tags=["leads"], guards=GUARDS)
MANAGERS = require("manager", "admin")
ADMIN = require("admin")
ChannelName = Annotated[Channel, Path()]


@router.post("/{lead}/status", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def set_status(lead: Id, body: NewStatus, uow: Transaction) -> WarnedLeadView:
    """Moves a lead by hand; 409 with `allowed` where its status forbids it."""
    row, warnings = commands.set_status(uow, lead, body.status, body.reason_code, body.reason)
    return WarnedLeadView(**shown(row, commands.labels_of(uow)), warnings=warnings)


@router.post("/{lead}/reopen", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def reopen_lead(lead: Id, body: Reopening, uow: Transaction) -> LeadView:
    """Takes an unqualified lead up again, in the band of its score."""
    return _view(uow, commands.reopen(uow, lead, body.reason))


@router.post("/{lead}/archive", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def archive_lead(lead: Id, body: Why, uow: Transaction, runtime: RuntimeDep) -> LeadView:
    """Takes a lead out of lists and automation."""
    return _view(uow, commands.archive_lead(uow, runtime.vault, lead, body.reason))


@router.post("/{lead}/restore", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def restore_lead(lead: Id, body: Why, uow: Transaction, runtime: RuntimeDep) -> LeadView:
    """Brings an archived lead back."""
    return _view(uow, commands.restore_lead(uow, runtime.vault, lead, body.reason))


@router.delete("/{lead}", status_code=204, dependencies=[MANAGERS])
def delete_lead(lead: Id, uow: Transaction, runtime: RuntimeDep) -> None:
    """Archives a lead; 409 for a converted one, which stays for ever."""
    commands.delete_lead(uow, runtime.vault, lead)


@router.post("/{lead}/erase", dependencies=[ADMIN])
def erase_lead(lead: Id, _: Confirmed, uow: Transaction, runtime: RuntimeDep) -> ErasureView:
    """Erases the person behind a lead, whatever else they came in by: every lead and contact of the same
    e-mail address, and what was kept of them as it came. It cannot be undone; again is a no-op.

    Status, score and what others earned stay, without the person.
    """
    erased = commands.erase_person(uow, runtime.vault, lead)
    return ErasureView(leads=[one.id for one in erased])


@router.post("/{lead}/activities", status_code=201, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def log_activity(lead: Id, body: NewActivity, uow: Transaction, caller: CallerDep) -> ActivityView:
    """Logs a call, a mail, a meeting or a note; the first human contact ends the wait for an answer."""
    human = "service" not in caller.roles
    deed = Deed(body.activity, body.happened_at or uow.now, body.text, human)
    return activity_view(*commands.log_activity(uow, lead, deed))


@router.put("/{lead}/consents/{channel}", dependencies=[WRITERS])
def record_consent(lead: Id, channel: ChannelName, body: ConsentBody, uow: Transaction) -> LeadView:
    """Keeps what the person said of a channel; the later word holds, so no version is asked for."""
    return _view(uow, commands.record_consent(uow, lead, consent_of(channel, body, uow.now)))


def _view(uow: UnitOfWork, row: Lead) -> LeadView:
    return lead_view(row, commands.labels_of(uow))
