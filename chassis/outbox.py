"""Events on their way out: rows with encoded bytes, in the transaction of the change that they tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID
from zlib import crc32

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from chassis.clock import from_millis
from chassis.headers import cloud_event
from chassis.ids import new_id

SHARDS = 16
CHANNEL = "outbox"
"""Where a relay listens. A hint only: it polls besides."""
LARGEST_BYTES = 900_000
"""Key, value and headers together; below the broker's 1 MB (F31)."""


class TooLarge(ValueError):
    """An event that the broker would refuse for its size (F31)."""


class ForeignKey(ValueError):
    """An event's key names another tenant than the transaction writes for."""


@dataclass(frozen=True)
class Outgoing:
    """An event that a change causes. `record` None is a tombstone (compacted topics only)."""

    topic: str
    type: str
    """Name of the record: `LeadCreated`."""
    key: str
    """`tenant:aggregate-id`"""
    record: Mapping[str, Any] | None
    occurred_at: int | None = None
    """Milliseconds; the unit of work's time where it is not given."""
    causation: str | None = None
    """Id of the event or command that caused this one."""
    partition: int | None = None
    """Given only for a record that goes into a certain partition (rules, ticks, repairs)."""


class OutboxRow(NamedTuple):
    """A row as the table has it, without its id."""

    event_id: UUID
    topic: str
    partition: int | None
    key: bytes
    value: bytes | None
    headers: bytes
    """JSON: list of [name, value]."""


class Encoder(Protocol):
    """Makes a record bytes: `chassis.avro.Codec`."""

    def encode(self, topic: str, type: str, record: dict[str, Any]) -> bytes:
        """The framed bytes; raises a ValueError for a record that does not fit."""


class Names(Protocol):
    """Knows the full names of records: `chassis.catalogue.Catalogue`."""

    def full_name(self, topic: str, type: str) -> str:
        """`salescompass.leads.LeadCreated`"""


class Context(Protocol):
    """What an event inherits from the unit of work that publishes it."""

    @property
    def tenant(self) -> UUID:
        """Whose event it is."""

    @property
    def now(self) -> datetime:
        """When it happened, where it does not say so itself."""

    @property
    def cause(self) -> str | None:
        """Id of what is being handled."""

    @property
    def traceparent(self) -> str | None:
        """W3C trace context."""

    @property
    def correlation(self) -> str | None:
        """Id of the request at the beginning of it all."""


class Publisher:
    """Turns events into rows: bytes and headers are made now, so a relay never needs a schema."""

    def __init__(self, encoder: Encoder, names: Names, service: str) -> None:
        self._encoder, self._names, self._source = encoder, names, f"/{service}"

    def row(self, event: Outgoing, context: Context) -> OutboxRow:
        """Raises Unencodable, ContractError, ForeignKey or TooLarge, each a fault of the caller."""
        if event.key.partition(":")[0] != str(context.tenant):
            raise ForeignKey(f"key of {event.type} does not begin with the tenant of the transaction")
        event_id = _event_id(event.record)
        value = None
        if event.record is not None:
            value = self._encoder.encode(event.topic, event.type, dict(event.record))
        headers = self._headers(event, context, event_id)
        return checked(OutboxRow(event_id, event.topic, event.partition, event.key.encode(), value, headers))

    def _headers(self, event: Outgoing, context: Context, event_id: UUID) -> bytes:
        happened = context.now if event.occurred_at is None else from_millis(event.occurred_at)
        pairs = cloud_event(
            id=str(event_id),
            type=self._names.full_name(event.topic, event.type),
            source=self._source,
            time=happened.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            subject=event.key.partition(":")[2],
            tenant=str(context.tenant),
            causation=event.causation or context.cause,
            correlation=context.correlation,
            traceparent=context.traceparent,
        )
        return packed_headers(pairs)


def packed_headers(pairs: Sequence[tuple[str, bytes | str | None]]) -> bytes:
    """Headers as the outbox keeps them; bytes that are no text lose what is not UTF-8."""
    texts = [(name, v.decode(errors="replace") if isinstance(v, bytes) else v) for name, v in pairs]
    return orjson.dumps(texts)


def checked(row: OutboxRow) -> OutboxRow:
    """The row itself; raises TooLarge."""
    size = len(row.key) + len(row.value or b"") + len(row.headers)
    if size > LARGEST_BYTES:
        raise TooLarge(f"an event of {size} bytes on {row.topic}; {LARGEST_BYTES} is the most")
    return row


def shard_of(key: bytes) -> int:
    """The shard of an aggregate: one relay at a time sends it, so its events keep their order."""
    return crc32(key) % SHARDS


def _event_id(record: Mapping[str, Any] | None) -> UUID:
    """The record's own id, so that ce_id and payload agree; a new one for records without."""
    own = record.get("event_id") if record else None
    return UUID(own) if own else new_id()


@cache
def _insert() -> TextClause:
    # one round trip for any number of rows; ids rise in the order of the rows. JSON, because psycopg makes
    # arrays element by element in Python
    return text(
        """
        WITH stored AS (
            INSERT INTO outbox (tenant_id, event_id, shard, topic, partition, key, value, headers)
            SELECT :tenant, event_id, shard, topic, partition, key, value, headers
            FROM ROWS FROM (json_to_recordset(CAST(:rows AS json)) AS (
                event_id uuid, shard smallint, topic text, partition int,
                key bytea, value bytea, headers bytea
            )) WITH ORDINALITY
            ORDER BY ordinality
        )
        SELECT pg_notify(channel, news)
        FROM unnest(CAST(:channels AS text[]), CAST(:news AS text[])) AS notice(channel, news)
        """
    )


def store(
    session: Session, tenant: UUID, rows: Sequence[OutboxRow], notices: Sequence[tuple[str, str]]
) -> None:
    """Inserts rows in their order; each notice (channel, news) is given at the commit."""
    session.execute(
        _insert(),
        {
            "tenant": tenant,
            "rows": orjson.dumps([_plain(row) for row in rows]).decode(),
            "channels": [channel for channel, _ in notices],
            "news": [news for _, news in notices],
        },
    )


def _plain(row: OutboxRow) -> dict[str, Any]:
    return {
        "event_id": row.event_id,
        "shard": shard_of(row.key),
        "topic": row.topic,
        "partition": row.partition,
        "key": _hex(row.key),
        "value": None if row.value is None else _hex(row.value),
        "headers": _hex(row.headers),
    }


def _hex(some: bytes) -> str:
    """As PostgreSQL reads bytes."""
    return f"\\x{some.hex()}"
