"""Messages on their way: claimed with a lease, handed over outside any transaction, settled afterwards."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, text

from chassis.colleagues import ColleagueRow
from chassis.db import UnitOfWork
from chassis.pii import Vault
from services.notifications import events, queries
from services.notifications.domain import next_attempt
from services.notifications.models import Message

LEASE = timedelta(seconds=120)
"""A sender that was killed holds a message for so long; above the time that handing one over may take."""


@dataclass(frozen=True)
class Claimed:
    """A message that is this sender's until the lease ends."""

    id: UUID
    attempt: int
    address: str
    alert: queries.AlertView


def tenants_with_due_messages(uow: UnitOfWork) -> list[UUID]:
    """Tenants that have something to send; the one question that no row security stands before."""
    return list(uow.session.scalars(text("SELECT tenants_with_due_messages()")))


def claim_message(uow: UnitOfWork, vault: Vault) -> Claimed | None:
    """Takes the message that is due longest, for two minutes; one that nobody can get is suppressed.

    One at a time, so that a slow mail server never makes a lease run out before its message is handed over.
    """
    due = (
        select(Message)
        .where(Message.tenant_id == uow.tenant, Message.state == "queued", Message.due_at <= func.now())
        .where(or_(Message.leased_until.is_(None), Message.leased_until < func.now()))
        .order_by(Message.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    message = uow.session.scalars(due).one_or_none()
    return _claimed(uow, vault, message) if message else None


def settle_message(
    uow: UnitOfWork, claimed: Claimed, *, accepted: bool, refused: bool, detail: str | None
) -> None:
    """Stores how an attempt ended and says so; one attempt is settled once, by who made it."""
    own = select(Message).where(Message.tenant_id == uow.tenant, Message.id == claimed.id)
    message = uow.session.scalars(own.with_for_update()).one()
    if message.state != "queued" or message.attempt != claimed.attempt:
        return
    message.last_error, message.leased_until = detail, None
    wait = next_attempt(message.attempt)
    if accepted:
        message.state = "sent"
    elif refused:
        message.state = "suppressed"
    elif wait is None:
        message.state = "failed"
    else:
        message.due_at = func.now() + wait
    uow.publish(events.message_sent(uow, message))


def _claimed(uow: UnitOfWork, vault: Vault, message: Message) -> Claimed | None:
    alert = queries.get_alert(uow, vault, message.alert_id)
    address = _address(uow, vault, message.recipient_id)
    message.attempt += 1
    if address and alert.state != "resolved":
        message.leased_until = func.now() + LEASE
        return Claimed(message.id, message.attempt, address, alert)
    message.state = "suppressed"
    message.last_error = "no address" if not address else "resolved before it was sent"
    uow.publish(events.message_sent(uow, message))
    return None


def _address(uow: UnitOfWork, vault: Vault, user_id: UUID) -> str | None:
    user = uow.session.get(ColleagueRow, (uow.tenant, user_id))
    known = vault.open(uow, user.pii, user.key_id) if user and user.active else None
    return known.get("email") if known else None
