"""Messages on their way: queued, claimed with a lease, handed over outside any transaction, settled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, text, tuple_, update

from chassis.clock import from_millis
from chassis.colleagues import ColleagueRow
from chassis.db import UnitOfWork, write_plain
from chassis.pii import Vault
from chassis.telemetry import masked
from services.notifications import events, queries
from services.notifications.commands.consents import takes_no_mail
from services.notifications.domain import FRESH, TOO_LATE, UNWANTED, MessageKind, next_attempt
from services.notifications.mail import Confirmation, Urgent, Welcome, Words
from services.notifications.models import Lead, Message

Record = Mapping[str, Any]
WELCOME = "welcome_mail"
"""The follow-on of a conversion that is a mail."""
KEY_WAIT = timedelta(seconds=2)
"""Until the key that opens an address may have come: it travels on a topic of its own."""
LEASE = timedelta(seconds=150)
"""A sender that was killed holds messages for so long; above the time that handing one over may take."""


@dataclass(frozen=True)
class Claimed:
    """A message that is this sender's until the lease ends."""

    id: UUID
    attempt: int
    address: str
    words: Words


@dataclass(frozen=True)
class _Letter:
    """What a message says and to which address; or why it is not sent any more."""

    address: str | None
    words: Words
    over: str | None = None


def ask_to_confirm(uow: UnitOfWork, record: Record) -> None:
    """Whoever filled in a form gets a link that confirms the address (F2); a repeat sends nothing."""
    until = min(_fresh_until(record), from_millis(record["expires_at"]))
    sealed = {"pii": record["pii"], "key_id": record["key_id"]}
    mail = _mail(uow, "confirmation", record["submission_id"], record, until)
    write_plain(uow.session, keep={Message: [{**mail, "detail": record["form_name"], **sealed}]})


def welcome(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """New customers are greeted, where the tenant wants it (F50); a repeat sends nothing.

    Whether they take e-mails is asked when it is sent: until then they may say otherwise (F8).
    """
    mails = [
        _mail(uow, "welcome", record["conversion_id"], record, _fresh_until(record))
        for record in records
        if WELCOME in record["follow_ons"]
    ]
    write_plain(uow.session, keep={Message: mails})


def tenants_with_due_messages(uow: UnitOfWork) -> list[UUID]:
    """Tenants that have something to send; the one question that no row security stands before."""
    return list(uow.session.scalars(text("SELECT tenants_with_due_messages()")))


def claim_messages(uow: UnitOfWork, vault: Vault, most: int) -> list[Claimed]:
    """Takes the messages that are due longest, under a lease; one that nobody can get is suppressed."""
    due = (
        select(Message, func.now())
        .where(Message.tenant_id == uow.tenant, Message.state == "queued", Message.due_at <= func.now())
        .where(or_(Message.leased_until.is_(None), Message.leased_until < func.now()))
        .order_by(Message.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = uow.session.execute(due).all()
    urgent = _urgent(uow, vault, [message for message, _ in found if message.alert_id is not None])
    claimed = [_claimed(uow, vault, message, now, urgent.get(message.id)) for message, now in found]
    return [message for message in claimed if message is not None]


def give_back(uow: UnitOfWork, claimed: Collection[Claimed]) -> None:
    """Lets go of messages whose handing over has not begun: no attempt was made."""
    mine = tuple_(Message.id, Message.attempt).in_([(message.id, message.attempt) for message in claimed])
    returned = update(Message).where(Message.tenant_id == uow.tenant, Message.state == "queued", mine)
    uow.session.execute(returned.values(attempt=Message.attempt - 1, leased_until=None))


def settle_message(
    uow: UnitOfWork, claimed: Claimed, *, accepted: bool, refused: bool, detail: str | None
) -> None:
    """Stores how an attempt ended and says so; one attempt is settled once, by who made it.

    Servers like to name the address that they speak of: it is not kept (F109).
    """
    attempt = (Message.id == claimed.id, Message.attempt == claimed.attempt, Message.state == "queued")
    ended: dict[str, Any] = {"last_error": masked(detail) if detail else None, "leased_until": None}
    if accepted:
        ended["state"] = "sent"
    elif refused:
        ended["state"] = "suppressed"
    elif (wait := next_attempt(claimed.attempt)) is None:
        ended["state"] = "failed"
    else:
        ended["due_at"] = func.now() + wait
    settled = update(Message).where(Message.tenant_id == uow.tenant, *attempt).values(ended)
    if message := uow.session.scalars(settled.returning(Message)).one_or_none():
        uow.publish(events.message_sent(uow, message))


def _mail(uow: UnitOfWork, kind: MessageKind, cause: str, record: Record, until: datetime) -> dict[str, Any]:
    """A mail to a lead, once per cause; what comes too late, as in a replay of the log, is not sent (G16)."""
    lead, late = UUID(record["lead_id"]), until <= uow.now
    return {
        "tenant_id": uow.tenant,
        "id": events.message_id(cause, "email", lead),
        "kind": kind,
        "channel": "email",
        "recipient_id": lead,
        "state": "suppressed" if late else "queued",
        "attempt": 0,
        "due_at": "now",  # the database's own: mails go by the wall clock
        "last_error": TOO_LATE if late else None,
        "good_until": until,
    }


def _fresh_until(record: Record) -> datetime:
    return from_millis(record["occurred_at"]) + FRESH


def _claimed(
    uow: UnitOfWork, vault: Vault, message: Message, now: datetime, urgent: _Letter | None
) -> Claimed | None:
    late = message.good_until is not None and message.good_until <= uow.now
    if not late and message.alert_id is None and vault.awaits_key(uow, message.recipient_id):
        message.due_at = now + KEY_WAIT
        return None
    letter = urgent or _READ[message.kind](uow, vault, message)
    over = TOO_LATE if late else letter.over
    message.attempt += 1
    if letter.address and not over:
        message.leased_until = now + LEASE
        return Claimed(message.id, message.attempt, letter.address, letter.words)
    message.state, message.last_error = "suppressed", over or "no address"
    uow.publish(events.message_sent(uow, message))
    return None


def _urgent(uow: UnitOfWork, vault: Vault, messages: Collection[Message]) -> dict[UUID, _Letter]:
    """Letters about alerts, by their messages."""
    if not messages:
        return {}
    alerts = queries.get_alerts(uow, vault, {message.alert_id for message in messages if message.alert_id})
    people = _colleagues(uow, vault, {message.recipient_id for message in messages})
    letters = {}
    for message in messages:
        assert message.alert_id is not None
        alert = alerts[message.alert_id]
        words = Urgent(alert.subject, alert.summary, alert.raised_at, alert.link)
        over = "resolved before it was sent" if alert.state == "resolved" else None
        letters[message.id] = _Letter(people.get(message.recipient_id, {}).get("email"), words, over)
    return letters


def _confirmation(uow: UnitOfWork, vault: Vault, message: Message) -> _Letter:
    known = vault.open(uow, message.pii, message.key_id) or {}
    assert message.good_until is not None
    words = Confirmation(message.detail or "", known.get("link", ""), message.good_until)
    return _Letter(known.get("email"), words)


def _welcome(uow: UnitOfWork, vault: Vault, message: Message) -> _Letter:
    lead = uow.session.get(Lead, (uow.tenant, message.recipient_id))
    person = (vault.open(uow, lead.pii, lead.key_id) if lead else None) or {}
    name = " ".join(person[field] for field in ("first_name", "last_name") if person.get(field))
    owner = lead and lead.owner_id
    contact = _colleagues(uow, vault, [owner]).get(owner, {}).get("name") if owner else None
    address = person.get("email")
    unwanted = address and takes_no_mail(uow, message.recipient_id, vault.email_hash(uow.tenant, address))
    return _Letter(address, Welcome(name, contact), UNWANTED if unwanted else None)


def _colleagues(uow: UnitOfWork, vault: Vault, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What is known of the persons of users who are still there."""
    row = ColleagueRow
    here = select(row.id, row.pii, row.key_id).where(row.tenant_id == uow.tenant, row.id.in_(ids), row.active)
    users = uow.session.execute(here).all()
    opened = vault.open_all(uow, [(user.pii, user.key_id) for user in users])
    return {user.id: known or {} for user, known in zip(users, opened, strict=True)}


_READ: Final = {"confirmation": _confirmation, "welcome": _welcome}
