"""Rules of alerts, inbox, messages and the clock. What raises an alert is in `alerting`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

AlertState = Literal["open", "acknowledged", "resolved"]
ItemState = Literal["unread", "read", "archived"]
MessageKind = Literal["alert", "confirmation", "welcome"]
MessageState = Literal["queued", "sent", "failed", "suppressed"]

ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=30)
FRESH = timedelta(hours=24)
"""A mail that is older than this helps nobody: it is not sent, as in a replay of the log (G16)."""
TOO_LATE = "too late to help"
"""Why such a mail is not sent."""
UNWANTED = "the person takes no e-mails"
"""Why one is not sent to somebody who took back the consent (F8)."""


class NotificationsError(Exception):
    """A rule of this service says no."""


class NotFound(NotificationsError):
    """There is no such alert, or inbox item of this person."""


class AlreadyResolved(NotificationsError):
    """The alert's cause has ended: there is nothing to acknowledge."""


class OnlyForward(NotificationsError):
    """The business clock never goes back."""


class RealTime(NotificationsError):
    """The clock of a production system is the wall clock."""


class UnknownAlert(NotificationsError):
    """Something is said about an alert that was never raised here."""


def acknowledged(state: AlertState) -> AlertState:
    """The state after a person took notice; again is a no-op. Raises AlreadyResolved."""
    if state == "resolved":
        raise AlreadyResolved("The cause of this alert has ended already.")
    return "acknowledged"


@dataclass(frozen=True)
class Colleague:
    """What routing needs to know of a user."""

    id: UUID
    roles: frozenset[str]
    active: bool
    manager: UUID | None = None


def audience(owner: UUID | None, users: Iterable[Colleague]) -> list[UUID]:
    """Who is told: the owner; the managers where there is none, or where the owner has left (F92)."""
    active = [user for user in users if user.active]
    if any(user.id == owner for user in active):
        return [owner] if owner else []
    return [user.id for user in active if "manager" in user.roles]


def concerned(kind: str, owner: UUID | None, customer_of: UUID | None, users: list[Colleague]) -> list[UUID]:
    """Who is told of an alert of a kind: of a breach the manager too, of an upsell the account's manager."""
    if kind == "upsell_lead":
        return audience(customer_of or owner, users)
    told = audience(owner, users)
    if kind == "sla_breach":
        told += [person for person in superiors(owner, users) if person not in told]
    return told


def superiors(owner: UUID | None, users: Iterable[Colleague]) -> list[UUID]:
    """Who is told of an escalation: the owner's manager, else all managers (F90)."""
    active = {user.id: user for user in users if user.active}
    manager = active[owner].manager if owner in active else None
    if manager in active:
        return [manager] if manager else []
    return [user.id for user in active.values() if "manager" in user.roles]


def next_attempt(attempt: int) -> timedelta | None:
    """How long to wait after so many attempts were put off (SMTP 4xx, no connection); None: give up (F47)."""
    return FIRST_WAIT * 4 ** (attempt - 1) if attempt < ATTEMPTS else None


def offset_to(target: datetime, now: datetime, offset: timedelta) -> timedelta:
    """What the business clock must be ahead of the wall clock to stand at `target`. Raises OnlyForward."""
    if target < now:
        raise OnlyForward(f"It is {now.isoformat(timespec='seconds')} already.")
    return offset + (target - now)
