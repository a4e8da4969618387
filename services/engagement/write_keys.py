"""Whose write key is it: by hash, remembered, so that events come in while the database is away."""

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from chassis.clock import Clock
from chassis.db import Database, DatabaseUnavailable
from chassis.ids import NOBODY
from chassis.runtime import Runtime
from services.engagement.domain import Kinds

PREFIX = "sk_"
SHOWN = 8
"""Characters of a key by which people know it apart."""
REMEMBERED = 10_000
"""Keys, and wrong keys, kept in memory at most."""
WRONG_SECONDS = 5.0

_SHAPE = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


class UnknownWriteKey(Exception):
    """No key of ours, or one that was revoked or has expired."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a write key allows: to send events for one source of one tenant, and nothing else."""

    tenant: UUID
    source: UUID
    key: UUID
    kinds: Kinds
    expires_at: datetime | None = None
    origins: frozenset[str] = frozenset()
    """Of pages that may use it; a key of a source that names none is for servers only."""


@dataclass(frozen=True, slots=True)
class _Memory:
    grant: Grant | None
    until: float


def new_key() -> str:
    """A fresh write key of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> bytes:
    """What is stored of a key. A plain digest will do: nobody can guess 256 random bits."""
    return sha256(key.encode()).digest()


def doorkeeper(runtime: Runtime) -> "Doorkeeper":
    """The one of the process."""

    def make() -> Doorkeeper:
        return Doorkeeper(runtime.database, runtime.clock, runtime.settings.key_seconds)

    return runtime.part(Doorkeeper, make)


class Doorkeeper:
    """Knows write keys by their hashes. Safe for threads.

    Asks the database again after `seconds`, so a revoked key stops within that time; while the database is
    away, keys that were good go on working.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._clock = database, clock
        self._seconds, self._monotonic = seconds, monotonic
        self._known: dict[bytes, _Memory] = {}
        self._lock = threading.Lock()

    def remembered(self, key: str) -> Grant | None:
        """The grant, if it need not be asked for. Never blocks. Raises UnknownWriteKey for what is none."""
        if not _SHAPE.fullmatch(key):
            raise UnknownWriteKey("not the shape of a write key")
        memory = self._known.get(hash_of(key))
        if memory is None or memory.until < self._monotonic():
            return None
        return self._checked(memory.grant)

    def grant(self, key: str) -> Grant:
        """What the key allows. May block for the database.

        Raises UnknownWriteKey; DatabaseUnavailable for a key that was never seen before.
        """
        if remembered := self.remembered(key):
            return remembered
        digest = hash_of(key)
        try:
            found = self._look_up(digest)
        except DatabaseUnavailable:
            memory = self._known.get(digest)
            if memory is None or memory.grant is None:
                raise
            found = memory.grant
        self._remember(digest, found)
        return self._checked(found)

    def check_open(self) -> None:
        """Raises DatabaseUnavailable while nobody can be let in: it is away, and no key is remembered."""
        if not any(memory.grant for memory in list(self._known.values())):
            self._database.ping()

    def _checked(self, grant: Grant | None) -> Grant:
        if grant is None:
            raise UnknownWriteKey("no such key")
        if grant.expires_at and grant.expires_at <= self._clock.now():
            raise UnknownWriteKey("expired")
        return grant

    def _remember(self, digest: bytes, grant: Grant | None) -> None:
        with self._lock:
            if len(self._known) >= REMEMBERED and digest not in self._known:
                self._known.pop(next(iter(self._known)))
            seconds = self._seconds if grant else WRONG_SECONDS
            self._known[digest] = _Memory(grant, self._monotonic() + seconds)

    def _look_up(self, digest: bytes) -> Grant | None:
        with self._database.unit_of_work(NOBODY, "system:front-door") as uow:
            row = uow.session.execute(
                text("SELECT * FROM source_of_key(:hash)"), {"hash": digest}
            ).one_or_none()
        if row is None:
            return None
        kinds = Kinds(row.event_kinds, row.page_kinds)
        return Grant(row.tenant_id, row.source_id, row.key_id, kinds, row.expires_at, frozenset(row.origins))
