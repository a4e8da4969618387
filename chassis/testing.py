"""Stand-ins for tests that need no infrastructure; one shared test holds each equal to the real thing."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.producer import Sendable

LARGEST_RECORD = 1_000_000
"""Bytes that librdkafka takes, less what its batch adds."""


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        """Raises ValueError for a time without a zone."""
        if now.tzinfo is None:
            raise ValueError(f"{now} has no time zone")
        self._now = now

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Moves it, also back; the new time."""
        self._now += by
        return self._now


class Received(NamedTuple):
    """A record as a reader finds it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class InMemoryBus:
    """Kafka's promises without Kafka: a key has one partition, a partition one order, offsets rise by one.

    Sends as `chassis.producer.Producer` does. Safe for threads.
    """

    def __init__(self, topics: Mapping[str, int]) -> None:
        """Topics with their number of partitions; no other can be written."""
        self._logs: dict[str, list[list[Received]]] = {
            name: [[] for _ in range(number)] for name, number in topics.items()
        }
        self._lock = threading.Lock()

    @classmethod
    def of(cls, catalogue: Catalogue) -> "InMemoryBus":
        """Every topic of the contract."""
        return cls({name: topic.partitions for name, topic in catalogue.topics.items()})

    def send(self, records: Sequence[Sendable], timeout: float = 0) -> list[str | None]:
        """Takes the records; for each None, or why it was not taken."""
        with self._lock:
            return [self._take(record) for record in records]

    def read(self, topic: str, partition: int, start: int = 0) -> list[Received]:
        """Records of a partition from an offset on."""
        return self._logs[topic][partition][start:]

    def all(self, topic: str) -> list[Received]:
        """Records of a topic, partition after partition."""
        return [record for log in self._logs[topic] for record in log]

    def _take(self, record: Sendable) -> str | None:
        if (logs := self._logs.get(record.topic)) is None:
            return "Broker: Unknown topic or partition"
        if len(record.key or b"") + len(record.value or b"") > LARGEST_RECORD:
            return "Broker: Message size too large"
        number = partition_of(record.key, len(logs)) if record.partition is None else record.partition
        log = logs[number]
        log.append(Received(record.topic, number, len(log), record.key, record.value, tuple(record.headers)))
        return None

    def close(self) -> None:
        """Nothing to give back."""


def partition_of(key: bytes | None, partitions: int) -> int:
    """Where Kafka's own clients put a key (murmur2). A record without one may go anywhere; here to 0."""
    return 0 if key is None else (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 with Kafka's seed."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) - len(data) % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ (k >> 24)) * m & mask)
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


def packaged_codec(catalogue: Catalogue | None = None) -> Codec:
    """A codec with ids of its own making, for tests that never meet a registry."""
    catalogue = catalogue or Catalogue.load()
    return Codec(catalogue, numbered(catalogue))


def numbered(catalogue: Catalogue) -> dict[str, tuple[int, ...]]:
    """Subject to the ids of its versions in that codec."""
    ids: dict[str, tuple[int, ...]] = {}
    numbers: Iterable[int] = iter(range(1, 1_000_000))
    for topic, record in catalogue.subjects():
        ids[topic.subject(record)] = tuple(next(iter(numbers)) for _ in record.versions)
    return ids
