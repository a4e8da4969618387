"""Ids: random ones in the order of time, and derived ones that are the same at every repeat."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

NAMESPACE = UUID("8f4f0f0e-5a1e-5c55-9d6b-6a1c0f5a7c01")
NOBODY = UUID(int=0)
"""Stands for no tenant: what belongs to none, or to one that cannot be told, is kept under it."""


def new_id() -> UUID:
    """A fresh id (UUID version 7): later ones sort behind earlier ones, to the millisecond."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The id of these parts (UUID version 5 over their texts): equal parts, equal id."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))


def id_of(text: str | None) -> UUID | None:
    """The id that a record names; None where it names none."""
    return UUID(text) if text else None


def tenant_id(slug: str) -> UUID:
    """The tenant that has this short name."""
    return derived_id("tenant", slug)


def user_id(tenant: UUID, login: str) -> UUID:
    """The user that signs in to this tenant under this login."""
    return derived_id("user", tenant, login)
