"""Who is told of an alert."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


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
