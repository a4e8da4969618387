"""Writing dead letters: from a consumer that failed, and from the topic of a stream processor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgpack
from sqlalchemy import text

from chassis.consumer.records import RawRecord, tenant_of_key
from chassis.db import UnitOfWork
from chassis.ids import derived_id
from chassis.streams.outbox import CAUSE, DETAIL, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from chassis.telemetry import masked

DETAIL_KEPT = 500

Headers = Sequence[tuple[str, bytes | str | None]]

# what failed again after a replay waits again; what is stored twice by a resend does not change
_KEEP = text(
    """
    INSERT INTO dead_letters AS kept
        (tenant_id, id, group_name, topic, partition, position, key, value, headers, cause, detail, attempts)
    VALUES (:tenant, :id, :group, :topic, :partition, :position, :key, :value, :headers, :cause, :detail,
            :attempts)
    ON CONFLICT (tenant_id, id) DO UPDATE
    SET state = 'waiting', settled_at = NULL, cause = excluded.cause, detail = excluded.detail,
        attempts = kept.attempts + excluded.attempts
    WHERE kept.state <> 'waiting'
    """
)
_PARK = text(
    """
    INSERT INTO parked_keys (tenant_id, group_name, topic, key) VALUES (:tenant, :group, :topic, :key)
    ON CONFLICT DO NOTHING
    """
)


@dataclass(frozen=True)
class Letter:
    """A record to be kept."""

    group: str
    """Consumer group that could not apply it, `outbox`, or the dead-letter topic of a processor."""
    topic: str
    partition: int
    position: int
    """Its offset; for the outbox the row's id."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    cause: str
    """A word: undecodable, headers, tenant, failed, follows, refused, or what a processor says."""
    detail: str
    attempts: int = 1

    @classmethod
    def of(cls, group: str, raw: RawRecord, cause: str, detail: str, attempts: int = 1) -> "Letter":
        """The letter of a record that a consumer read."""
        place = (raw.topic, raw.partition, raw.offset)
        return cls(group, *place, raw.key, raw.value, raw.headers, cause, detail, attempts)


def keep(uow: UnitOfWork, letters: Sequence[Letter]) -> None:
    """Stores letters in their order, for the unit's tenant. Repeated: nothing changes."""
    if letters:
        uow.session.execute(_KEEP, [_columns(uow.tenant, letter) for letter in letters])


def park(uow: UnitOfWork, group: str, orders: Iterable[tuple[str, bytes]]) -> None:
    """Makes later records of these (topic, key) follow. Repeated: nothing changes."""
    rows = [
        {"tenant": uow.tenant, "group": group, "topic": topic, "key": key} for topic, key in sorted(orders)
    ]
    if rows:
        uow.session.execute(_PARK, rows)


def _columns(tenant: UUID, letter: Letter) -> dict[str, object]:
    return {
        "tenant": tenant,
        "id": derived_id("dead-letter", letter.group, letter.topic, letter.partition, letter.position),
        "group": letter.group,
        "topic": letter.topic,
        "partition": letter.partition,
        "position": letter.position,
        "key": letter.key,
        "value": letter.value,
        "headers": msgpack.packb([(name, value) for name, value in letter.headers]),
        "cause": letter.cause,
        "detail": masked(letter.detail.replace("\x00", ""))[:DETAIL_KEPT],
        "attempts": letter.attempts,
    }


def store_dead_letter(uow: UnitOfWork, records: Sequence[RawRecord]) -> None:
    """Raw handler for a `<service>.dead-letter` topic: keeps what its stream processors could not apply."""
    by_tenant: dict[UUID, list[Letter]] = {}
    for record in records:
        by_tenant.setdefault(tenant_of_key(record.key), []).append(_from_processor(record))
    for tenant, letters in by_tenant.items():
        with uow.within(tenant) as own:
            keep(own, letters)


def _from_processor(record: RawRecord) -> Letter:
    said = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    return Letter(
        group=record.topic,
        topic=said.get(ORIGIN_TOPIC, record.topic),
        partition=_number(said.get(ORIGIN_PARTITION), record.partition),
        position=_number(said.get(ORIGIN_OFFSET), record.offset),
        key=record.key,
        value=record.value,
        headers=record.headers,
        cause=said.get(CAUSE, "unknown"),
        detail=said.get(DETAIL, ""),
    )


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
