"""What a consumer reads: raw records, decoded events, and refusals of what cannot be decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from chassis.avro import SCHEMA_HEADER, Codec, Undecodable
from chassis.catalogue import Catalogue
from chassis.headers import BadHeaders, TenantMismatch, agreed_tenant, parse
from chassis.ids import NOBODY, derived_id
from chassis.telemetry import Trace

log = structlog.get_logger()

Position = tuple[str, int]
"""Topic and partition."""


class RawRecord(NamedTuple):
    """A record as it came."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp: int
    """Milliseconds, as the broker or the writer set it; -1 for none."""

    @property
    def position(self) -> Position:
        """Where its place is counted."""
        return self.topic, self.partition

    @property
    def order(self) -> tuple[str, bytes | None]:
        """Within this, records keep their order."""
        return self.topic, self.key


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded record whose tenant is certain."""

    topic: str
    partition: int
    offset: int
    key: str
    """`tenant:aggregate-id`"""
    type: str
    """Name of the record: `LeadCreated`."""
    record: dict[str, Any]
    """Its fields; empty for a tombstone."""
    tenant: UUID
    """NOBODY for a record of no tenant (the clock)."""
    id: str
    """Constant over every resend."""
    headers: Mapping[str, str]
    raw: RawRecord = field(repr=False)
    tombstone: bool = False

    @property
    def aggregate(self) -> UUID:
        """Id of what it is about, as its key says."""
        return UUID(self.key.partition(":")[2])

    @property
    def occurred_at(self) -> int | None:
        """When it happened, milliseconds; None for records that do not say."""
        found: int | None = self.record.get("occurred_at")
        return found

    @property
    def trace(self) -> Trace | None:
        """Trace in which it was written."""
        return Trace.parse(self.headers.get("traceparent"))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that will never be an event, and why."""

    raw: RawRecord
    tenant: UUID
    cause: str
    """`undecodable`, `headers` or `tenant`."""
    detail: str
    parks: bool
    """Whether later records of its key have to wait: not where the key itself is in doubt."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A record of a topic with foreign writers: its handler decodes it."""

    raw: RawRecord
    tenant: UUID = NOBODY


Item = Event | Refusal | Foreign


class Decoder:
    """Makes items of raw records."""

    def __init__(self, codec: Codec, catalogue: Catalogue, group: str) -> None:
        self._codec, self._group = codec, group
        self._compacted = {t.name for t in catalogue.topics.values() if t.retention == "compact"}
        self._only = {t.name: t.records[0].name for t in catalogue.topics.values() if len(t.records) == 1}

    def decode(self, raw: RawRecord) -> Event | Refusal:
        """The event, or why it is none. Raises SchemaUnavailable when that cannot be told now."""
        try:
            headers = parse(raw.headers)
            key = (raw.key or b"").decode()
            if raw.value is None and raw.topic in self._compacted:
                return self._tombstone(raw, key, headers)
            type, record = self._codec.decode(raw.topic, raw.value, _schema_header(raw))
            tenant = agreed_tenant(key, record, headers)
            known = _uuid(tenant) if tenant else NOBODY
            return Event(*raw[:3], key, type, record, known, headers["ce_id"], headers, raw)
        except TenantMismatch as error:
            log.error("security: tenants disagree", group=self._group, topic=raw.topic,
                      partition=raw.partition, offset=raw.offset, cause=str(error))  # fmt: skip
            return Refusal(raw, NOBODY, "tenant", str(error), parks=False)
        except BadHeaders as error:
            return self._refused(raw, "headers", str(error))
        except (Undecodable, ValueError) as error:
            return self._refused(raw, "undecodable", str(error))

    def _tombstone(self, raw: RawRecord, key: str, headers: Mapping[str, str]) -> Event:
        tenant = key.partition(":")[0]
        agreed_tenant(key, {"tenant_id": tenant}, headers)
        type = headers.get("ce_type", "").rpartition(".")[2] or self._only.get(raw.topic, "")
        id = headers["ce_id"]
        return Event(*raw[:3], key, type, {}, _uuid(tenant), id, headers, raw, tombstone=True)

    @staticmethod
    def _refused(raw: RawRecord, cause: str, detail: str) -> Refusal:
        """Kept under the tenant that the key names, where it names one."""
        tenant = tenant_of_key(raw.key)
        return Refusal(raw, tenant, cause, detail, parks=raw.key is not None and tenant != NOBODY)


def raw_record(message: Any) -> RawRecord:
    """A message of Kafka's client as a raw record."""
    return RawRecord(
        message.topic(),
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        message.headers() or [],
        message.timestamp()[1],
    )


def tenant_of_key(key: bytes | None) -> UUID:
    """The tenant that a key begins with; NOBODY where it begins with none."""
    try:
        return _uuid((key or b"").partition(b":")[0].decode())
    except ValueError:
        return NOBODY


def inbox_id(event: Event) -> UUID:
    """The event's id as the inbox keeps it; ids that are no UUIDs are hashed to one."""
    try:
        return UUID(event.id)
    except ValueError:
        return derived_id("event", event.id)


def age_seconds(raw: RawRecord, now_ms: int) -> float:
    """How old a record is; 0 for one without a time."""
    return max(0.0, (now_ms - raw.timestamp) / 1000) if raw.timestamp > 0 else 0.0


def _schema_header(raw: RawRecord) -> bytes | None:
    return next((value for name, value in raw.headers if name == SCHEMA_HEADER), None)


@lru_cache(10_000)
def _uuid(text: str) -> UUID:
    return UUID(text)
