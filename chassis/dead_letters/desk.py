"""Looking at dead letters, and throwing one away; by API and command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgpack
from sqlalchemy import RowMapping, text

from chassis.db import UnitOfWork

_FIELDS = """
    l.id, l.sequence, l.group_name, l.topic, l.partition, l.position, l.key, l.cause, l.detail, l.attempts,
    l.state, l.stored_at, l.settled_at,
    EXISTS (SELECT FROM parked_keys p WHERE p.tenant_id = l.tenant_id AND p.group_name = l.group_name
            AND p.topic = l.topic AND p.key = l.key) AS parked
"""
_LIST = text(
    f"""
    SELECT {_FIELDS} FROM dead_letters l
    WHERE l.tenant_id = :tenant AND (CAST(:state AS text) IS NULL OR l.state = :state)
        AND (CAST(:before AS bigint) IS NULL OR l.sequence < :before)
    ORDER BY l.sequence DESC LIMIT :limit
    """  # noqa: S608 - constants only
)
_SHOW = text(
    f"SELECT {_FIELDS}, l.value, l.headers FROM dead_letters l WHERE l.tenant_id = :tenant AND l.id = :id"  # noqa: S608
)
_DISCARD = text(
    """
    UPDATE dead_letters SET state = 'discarded', settled_at = now()
    WHERE tenant_id = :tenant AND id = :id AND state = 'waiting'
    RETURNING group_name, topic, key
    """
)
_HELD = text(
    "SELECT id, key, value, detail FROM dead_letters WHERE tenant_id = :tenant AND value IS NOT NULL"
)
_EMPTY = text(
    """
    UPDATE dead_letters SET value = NULL, detail = 'a person was erased',
        key = CASE WHEN CAST(:named AS boolean) THEN NULL ELSE key END
    WHERE tenant_id = :tenant AND id = :id
    """
)
_LOCK_KEY = text(
    """
    SELECT FROM parked_keys
    WHERE tenant_id = :tenant AND group_name = :group AND topic = :topic AND key = :key FOR UPDATE
    """
)
_FREE = text(
    """
    DELETE FROM parked_keys
    WHERE tenant_id = :tenant AND group_name = :group AND topic = :topic AND key = :key
        AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.tenant_id = :tenant AND l.group_name = :group
                        AND l.topic = :topic AND l.key = :key AND l.state = 'waiting')
    """
)


class NoSuchLetter(LookupError):
    """The tenant has no dead letter of this id."""


@dataclass(frozen=True)
class DeadLetter:
    """A letter as a person sees it."""

    id: UUID
    sequence: int
    """Order in which letters came; a list's cursor."""
    group: str
    topic: str
    partition: int
    position: int
    key: str | None
    cause: str
    detail: str
    attempts: int
    state: str
    stored_at: datetime
    settled_at: datetime | None
    parked: bool
    """Whether later records of its key follow it."""
    value: bytes | None = None
    """Raw bytes; only `show` gives them."""
    headers: tuple[tuple[str, str | None], ...] = ()


def list_letters(
    uow: UnitOfWork, *, state: str | None = "waiting", before: int | None = None, limit: int = 50
) -> list[DeadLetter]:
    """The tenant's letters, newest first; `before` is the `sequence` of the last one seen."""
    asked = {"tenant": uow.tenant, "state": state, "before": before, "limit": limit}
    return [_letter(row) for row in uow.session.execute(_LIST, asked).mappings()]


def show(uow: UnitOfWork, id: UUID) -> DeadLetter:
    """One letter with its bytes and headers. Raises NoSuchLetter."""
    row = uow.session.execute(_SHOW, {"tenant": uow.tenant, "id": id}).mappings().one_or_none()
    if row is None:
        raise NoSuchLetter(f"no dead letter {id}")
    return _letter(row)


def discard(uow: UnitOfWork, id: UUID) -> None:
    """Gives a letter up; frees its key when none waits any more. Settled already: nothing happens.

    Raises NoSuchLetter.
    """
    show(uow, id)
    row = uow.session.execute(_DISCARD, {"tenant": uow.tenant, "id": id}).one_or_none()
    if row is not None and row.key is not None:
        free(uow, row.group_name, row.topic, row.key)


def forget_letters(uow: UnitOfWork, mentions: Callable[[str], bool]) -> None:
    """Gives up and empties every letter in which a person is spoken of (G20); that it was, and why, stays."""
    for row in uow.session.execute(_HELD, {"tenant": uow.tenant}).all():
        key, value = (bytes(part or b"").decode(errors="replace") for part in (row.key, row.value))
        if mentions(value) or mentions(row.detail) or mentions(key):
            discard(uow, row.id)
            uow.session.execute(_EMPTY, {"tenant": uow.tenant, "id": row.id, "named": mentions(key)})


def lock_key(uow: UnitOfWork, group: str, topic: str, key: bytes | None) -> None:
    """Until the transaction ends no consumer puts a letter behind those of this key."""
    uow.session.execute(_LOCK_KEY, {"tenant": uow.tenant, "group": group, "topic": topic, "key": key})


def free(uow: UnitOfWork, group: str, topic: str, key: bytes) -> None:
    """Lets the key's later records pass again, unless letters of it wait."""
    lock_key(uow, group, topic, key)
    uow.session.execute(_FREE, {"tenant": uow.tenant, "group": group, "topic": topic, "key": key})


def _letter(row: RowMapping) -> DeadLetter:
    fields = dict(row)
    key, packed, value = fields.pop("key"), fields.pop("headers", None), fields.pop("value", None)
    return DeadLetter(
        **{("group" if name == "group_name" else name): value for name, value in fields.items()},
        key=None if key is None else bytes(key).decode(errors="replace"),
        value=None if value is None else bytes(value),
        headers=tuple((name, _shown(v)) for name, v in msgpack.unpackb(packed)) if packed else (),
    )


def _shown(value: bytes | str | None) -> str | None:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
