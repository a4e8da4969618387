"""Bringing dead letters back: all of one key, in their order, one transaction each."""

from dataclasses import dataclass
from uuid import UUID

import msgpack
from sqlalchemy import RowMapping, text

from chassis.consumer.records import Decoder, RawRecord, Refusal
from chassis.consumer.registry import Consumers
from chassis.db import Contended, Database, DatabaseUnavailable, UnitOfWork, retried
from chassis.dead_letters.desk import free, lock_key, show
from chassis.ids import new_id
from chassis.outbox import OutboxRow, packed_headers
from chassis.relay.table import GROUP as OUTBOX
from chassis.telemetry import masked

DEAD_LETTER, REPAIR = ".dead-letter", ".repair"

_NEXT = text(
    """
    SELECT id, group_name, topic, partition, position, key, value, headers FROM dead_letters
    WHERE tenant_id = :tenant AND group_name = :group AND state = 'waiting'
        AND (id = :id OR (topic = :topic AND key = :key) OR (:any_topic AND key = :key))
    ORDER BY sequence LIMIT 1 FOR UPDATE
    """
)
_SETTLE = text(
    "UPDATE dead_letters SET state = 'replayed', settled_at = now() WHERE tenant_id = :tenant AND id = :id"
)
_FAILED = text(
    """
    UPDATE dead_letters SET attempts = attempts + 1, cause = 'failed', detail = :detail
    WHERE tenant_id = :tenant AND id = :id AND state = 'waiting'
    """
)


class StillBroken(Exception):
    """A letter cannot be applied yet; it and those behind it go on waiting."""


@dataclass(frozen=True)
class Replayed:
    """What a replay came to."""

    letters: int
    """Letters that were applied, or sent on their way."""
    failed: UUID | None = None
    """The letter that it stopped at; its key stays parked."""
    detail: str = ""


@dataclass(frozen=True)
class _Queue:
    """Letters that have to keep their order."""

    group: str
    topic: str
    key: bytes | None
    first: UUID

    @property
    def over_all_topics(self) -> bool:
        """A processor parks a key whatever topic its records come on."""
        return self.group.endswith(DEAD_LETTER)


class Replayer:
    """Replays with the handlers and the schemas of this service. Safe for threads."""

    def __init__(self, database: Database, consumers: Consumers | None, decoder: Decoder) -> None:
        self._database, self._consumers, self._decoder = database, consumers, decoder

    def replay(self, tenant: UUID, actor: str, letter: UUID) -> Replayed:
        """Applies the letter's key from its first waiting letter on; frees the key when none is left.

        Stops at the first that fails again. Raises NoSuchLetter, DatabaseUnavailable. Blocks.
        """
        queue = self._database.run(tenant, actor, lambda uow: _queue_of(uow, letter))
        done = 0
        while True:
            current: list[UUID] = []
            try:
                if not retried(lambda: self._one(tenant, actor, queue, current)):  # noqa: B023
                    return Replayed(done)
                done += 1
            except (DatabaseUnavailable, Contended):
                raise
            except Exception as error:
                return self._stopped(tenant, actor, current[-1], done, error)

    def _one(self, tenant: UUID, actor: str, queue: _Queue, current: list[UUID]) -> bool:
        """Whether there was a letter to apply."""
        with self._database.unit_of_work(tenant, actor) as uow:
            lock_key(uow, queue.group, queue.topic, queue.key)
            asked = {
                "tenant": tenant,
                "group": queue.group,
                "topic": queue.topic,
                "key": queue.key,
                "id": queue.first,
                "any_topic": queue.over_all_topics,
            }
            row = uow.session.execute(_NEXT, asked).mappings().one_or_none()
            if row is None:
                if queue.key is not None:
                    free(uow, queue.group, queue.topic, queue.key)
                return False
            current.append(row["id"])
            self._apply(uow, row)
            uow.session.execute(_SETTLE, {"tenant": tenant, "id": row["id"]})
            return True

    def _apply(self, uow: UnitOfWork, row: RowMapping) -> None:
        group, raw = row["group_name"], _raw(row)
        if group == OUTBOX:
            partition = None if raw.partition < 0 else raw.partition
            uow.publish_raw(_again(raw, raw.topic, partition))
        elif group.endswith(DEAD_LETTER):
            uow.publish_raw(_again(raw, group.removesuffix(DEAD_LETTER) + REPAIR, raw.partition))
        else:
            self._handle(uow, group, raw)

    def _handle(self, uow: UnitOfWork, group: str, raw: RawRecord) -> None:
        consumers = self._consumers
        if consumers is None or consumers.group != group:
            raise StillBroken(f"the consumer group {group} is not of this service")
        if raw.topic in consumers.raw:
            return consumers.raw[raw.topic](uow, [raw])
        event = self._decoder.decode(raw)
        if isinstance(event, Refusal):
            raise StillBroken(f"{event.cause}: {event.detail}")
        if event.tenant != uow.tenant:
            raise StillBroken("the record belongs to another tenant than its letter")
        if handler := consumers.handlers.get((event.topic, event.type)):
            handler.run(uow, [event])
        return None

    def _stopped(self, tenant: UUID, actor: str, id: UUID, done: int, error: Exception) -> Replayed:
        detail = masked(f"{type(error).__name__}: {error}".replace("\x00", ""))[:500]
        with self._database.unit_of_work(tenant, actor) as uow:
            uow.session.execute(_FAILED, {"tenant": tenant, "id": id, "detail": detail})
        return Replayed(done, id, detail)


def _queue_of(uow: UnitOfWork, id: UUID) -> _Queue:
    letter = show(uow, id)
    row = uow.session.execute(
        text("SELECT key FROM dead_letters WHERE tenant_id = :tenant AND id = :id"),
        {"tenant": uow.tenant, "id": id},
    ).one()
    return _Queue(letter.group, letter.topic, None if row.key is None else bytes(row.key), id)


def _raw(row: RowMapping) -> RawRecord:
    key, value = row["key"], row["value"]
    return RawRecord(
        row["topic"],
        row["partition"],
        row["position"],
        None if key is None else bytes(key),
        None if value is None else bytes(value),
        [
            (name, v.encode() if isinstance(v, str) else v)
            for name, v in msgpack.unpackb(bytes(row["headers"]))
        ],
        -1,
    )


def _again(raw: RawRecord, topic: str, partition: int | None) -> OutboxRow:
    """The same record on its way once more, under its own event id."""
    id = next((value for name, value in raw.headers if name == "ce_id" and value), None)
    try:
        event_id = UUID((id or b"").decode())
    except ValueError:
        event_id = new_id()
    return OutboxRow(event_id, topic, partition, raw.key or b"", raw.value, packed_headers(raw.headers))
