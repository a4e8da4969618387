"""Records to bytes and back, in the Confluent frame: 0, schema id (4 bytes, big endian), Avro body."""

import struct
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Self, TypeVar

from fastavro import parse_schema, schemaless_reader, schemaless_writer

from chassis import avro_codegen
from chassis.catalogue import Catalogue, NotFound, Record, Registry, RegistryUnavailable, Topic, look_up_ids

SCHEMA_HEADER = "__value_schema_id"
"""Where Confluent 8 may put the frame in place of the first bytes of the value."""

PATIENCE_SECONDS = 30.0
"""For so long an id that the registry does not know may still be on its way there (F10)."""
ASK_AGAIN_SECONDS = 2.0
"""For so long the registry's "no" is believed."""

Value = dict[str, Any]
T = TypeVar("T")


class Undecodable(ValueError):
    """Bytes that will never be a record of this topic; `str` is the cause, without content."""


class Unencodable(ValueError):
    """A record that does not fit its schema, or is none of the topic's."""


class SchemaUnavailable(ConnectionError):
    """The schema of a record cannot be had now: read the record again in a second or two, it is no poison."""


class _Reader:
    """How values of one schema id are read."""

    __slots__ = ("name", "newest", "read", "writer")

    def __init__(self, name: str, writer: Any, newest: Any) -> None:
        self.name, self.writer = name, writer
        self.newest = (
            None if writer == newest else newest
        )  # resolution costs: only where there is a difference
        self.read = _generated(avro_codegen.reader, writer) if self.newest is None else None


class _Writer:
    """How a record is written."""

    __slots__ = ("frame", "schema", "write")

    def __init__(self, frame: bytes, schema: Any) -> None:
        self.frame, self.schema = frame, schema
        self.write = _generated(avro_codegen.writer, schema)


def _generated(make: Callable[[Any], T], schema: Any) -> T | None:
    """Straight-line code for a schema, where it is plain enough."""
    try:
        return make(schema)
    except avro_codegen.Unsupported:
        return None


class Codec:
    """Encodes with the newest packaged schema; decodes what any version wrote as the newest one.

    Safe for threads. Only an unknown schema id makes `decode` block, for the registry, at most 8 seconds.
    """

    def __init__(
        self, catalogue: Catalogue, ids: Mapping[str, tuple[int, ...]], registry: Registry | None = None
    ):
        self._catalogue, self._registry = catalogue, registry
        self._writers: dict[tuple[str, str], _Writer] = {}
        self._readers: dict[str, dict[bytes, _Reader]] = {name: {} for name in catalogue.topics}
        self._missing: dict[tuple[str, bytes], tuple[float, float]] = {}
        for topic, record in catalogue.subjects():
            self._learn(topic, record, ids[topic.subject(record)])

    @classmethod
    def start(cls, catalogue: Catalogue, registry: Registry, cache: Path | None = None) -> Self:
        """Looks all ids up once; raises NotFound for what is not registered, RegistryUnavailable."""
        return cls(catalogue, look_up_ids(catalogue, registry, cache), registry)

    def _learn(self, topic: Topic, record: Record, ids: tuple[int, ...]) -> None:
        parsed = [parse_schema(schema) for schema in record.versions]
        for id, writer in zip(ids, parsed, strict=True):
            self._readers[topic.name][_frame(id)] = _Reader(record.name, writer, parsed[-1])
        self._writers[topic.name, record.name] = _Writer(_frame(ids[-1]), parsed[-1])

    def encode(self, topic: str, type: str, record: Value) -> bytes:
        """The framed bytes of a record. Fields with a default may be left out. Raises Unencodable."""
        try:
            writer = self._writers[topic, type]
        except KeyError:
            raise Unencodable(f"{type} is no record of {topic}") from None
        if writer.write is not None:
            try:
                return writer.frame + writer.write(record)
            except Exception:  # noqa: S110 - fastavro knows what to do with it, or says what is wrong
                pass
        out = BytesIO()
        out.write(writer.frame)
        try:
            schemaless_writer(out, writer.schema, record, strict_allow_default=True)
        except Exception as error:
            raise Unencodable(f"{type}: {error!r}") from error
        return out.getvalue()

    def decode(self, topic: str, raw: bytes | None, schema_header: bytes | None = None) -> tuple[str, Value]:
        """Name and fields of a record, as its newest packaged schema has them.

        `schema_header` is the header `__value_schema_id` where there is one; the value then has no frame.
        Raises Undecodable (dead letter) or SchemaUnavailable (wait and read again).
        """
        if raw is None:
            raise Undecodable("null value on a topic without tombstones")
        frame, start = (raw[:5], 5) if schema_header is None else (schema_header, 0)
        reader = self._readers[topic].get(frame) or self._ask(topic, frame)
        value: Any
        if reader.read is not None:
            try:
                value, end = reader.read(raw, start)
                if end == len(raw):
                    return reader.name, value
            except Exception:  # noqa: S110 - fastavro says what is wrong
                pass
        source = BytesIO(raw)
        source.seek(start)
        try:
            value = schemaless_reader(source, reader.writer, reader.newest)
        except Exception as error:
            raise Undecodable(f"not Avro of {reader.name}: {type(error).__name__}") from error
        if source.tell() != len(raw):
            raise Undecodable(f"{len(raw) - source.tell()} bytes are left over behind {reader.name}")
        return reader.name, value

    def _ask(self, topic: str, frame: bytes) -> _Reader:
        """The reader of an id that was never seen on this topic, from the registry."""
        id = _schema_id(frame)
        known = self._catalogue.topic(topic).records
        if not known:
            raise Undecodable(f"{topic} carries no records")
        if self._registry is None:
            raise Undecodable(f"schema {id} is none of {topic}")
        since, again = self._missing.get((topic, frame), (time.monotonic(), 0.0))
        if time.monotonic() < again:
            raise self._absent(id, since)
        try:
            subjects, schema = self._registry.subjects_of(id), self._registry.schema(id)
        except NotFound:
            self._remember_missing(topic, frame, since)
            raise self._absent(id, since) from None
        except RegistryUnavailable as error:
            raise SchemaUnavailable(f"schema {id}: {error}") from error
        self._missing.pop((topic, frame), None)
        self._readers[topic][frame] = reader = self._resolved(topic, id, subjects, schema)
        return reader

    def _resolved(self, topic: str, id: int, subjects: set[str], schema: Value) -> _Reader:
        """The reader of a foreign schema, where it is registered for this topic and can be read as ours."""
        mine = {
            self._catalogue.topic(topic).subject(record): record
            for record in self._catalogue.topic(topic).records
        }
        if not (subject := next((name for name in subjects if name in mine), None)):
            raise Undecodable(
                f"schema {id} belongs to {', '.join(sorted(subjects)) or 'no subject'}, not to {topic}"
            )
        record = mine[subject]
        return _Reader(record.name, parse_schema(schema), self._writers[topic, record.name].schema)

    def _remember_missing(self, topic: str, frame: bytes, since: float) -> None:
        if len(self._missing) > 1_000:  # ids come from foreign writers too
            self._missing.clear()
        self._missing[topic, frame] = (since, time.monotonic() + ASK_AGAIN_SECONDS)

    @staticmethod
    def _absent(id: int, since: float) -> Exception:
        if time.monotonic() - since < PATIENCE_SECONDS:
            return SchemaUnavailable(f"schema {id} is not in the registry yet")
        return Undecodable(f"schema {id} is not in the registry")


def _frame(id: int) -> bytes:
    return struct.pack(">BI", 0, id)


def _schema_id(frame: bytes) -> int:
    """Schema id of a frame; raises Undecodable for what is no frame."""
    if frame[:1] == b"\x01":
        raise Undecodable("schema named by GUID (magic byte 1), which this registry cannot look up")
    if len(frame) != 5:
        raise Undecodable(f"frame of {len(frame)} bytes, expected 5")
    if frame[0] != 0:
        raise Undecodable(f"magic byte {frame[0]}, expected 0: not an Avro record of the registry")
    return int.from_bytes(frame[1:], "big")
