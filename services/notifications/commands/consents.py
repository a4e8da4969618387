"""What people said of being written to, kept as leads tells it and asked before a mail leaves (F8)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from chassis.clock import from_millis
from chassis.db import UnitOfWork, keep_newest
from services.notifications.models import EmailConsent

Record = dict[str, Any]


def store_consents(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Keeps leads' newest words of e-mails; of other channels nothing is sent from here."""
    keep_newest(uow, EmailConsent, [_said(record) for record in records if record["channel"] == "email"])


def takes_no_mail(uow: UnitOfWork, lead_id: UUID, email_hash: str) -> bool:
    """Whether the newest word of a person, said as this lead or under the same address, is a withdrawal."""
    said = EmailConsent
    theirs = or_(said.lead_id == lead_id, said.email_hash == email_hash)
    newest = (said.said_at.desc(), said.state.desc())  # of two words at one time the one that forbids
    found = select(said.state).where(said.tenant_id == uow.tenant, theirs).order_by(*newest).limit(1)
    return uow.session.scalar(found) == "withdrawn"


def _said(record: Record) -> Record:
    return {
        "lead_id": UUID(record["lead_id"]),
        "version": record["version"],
        "email_hash": record["email_hash"],
        "state": record["state"],
        "said_at": from_millis(record["consented_at"]),
    }
