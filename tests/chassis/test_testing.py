"""The in-memory bus and the real one keep the same promises, held by the same tests."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from chassis.producer import Producer, Sendable
from chassis.testing import LARGEST_RECORD, InMemoryBus, Received

PARTITIONS = 6


class Bus(Protocol):
    def send(self, records: list[Sendable]) -> list[str | None]: ...

    def read(self, topic: str, partition: int, start: int = 0) -> list[Received]: ...


class KafkaBus:
    """The producer of the chassis, and a plain reader."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer = Producer(bootstrap, "test-bus")

    def send(self, records: list[Sendable]) -> list[str | None]:
        return self._producer.send(records)

    def read(self, topic: str, partition: int, start: int = 0) -> list[Received]:
        reader: Any = Consumer(
            {"bootstrap.servers": self._bootstrap, "group.id": "test-bus", "enable.auto.commit": False}
        )
        place = TopicPartition(topic, partition, start)
        _, end = reader.get_watermark_offsets(place, timeout=10)
        reader.assign([place])
        found: list[Received] = []
        while start + len(found) < end:
            if (m := reader.poll(10)) is not None and m.error() is None:
                headers = tuple(m.headers() or ())
                found.append(Received(m.topic(), m.partition(), m.offset(), m.key(), m.value(), headers))
        reader.close()
        return found

    def close(self) -> None:
        self._producer.close()


@pytest.fixture
def topic() -> str:
    return f"bus-{uuid4().hex[:6]}"


@pytest.fixture(params=["memory", "kafka"])
def bus(request: pytest.FixtureRequest, topic: str) -> Iterator[Bus]:
    made = _kafka_bus if request.param == "kafka" else _memory_bus
    yield from made(topic, request.getfixturevalue)


def _memory_bus(topic: str, _: Callable[[str], Any]) -> Iterator[Bus]:
    yield InMemoryBus({topic: PARTITIONS})


def _kafka_bus(topic: str, fixture: Callable[[str], Any]) -> Iterator[Bus]:
    bootstrap = fixture("kafka")
    admin: Any = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS)])[topic].result(10)
    bus = KafkaBus(bootstrap)
    yield bus
    bus.close()


def everything(bus: Bus, topic: str) -> list[Received]:
    return [record for number in range(PARTITIONS) for record in bus.read(topic, number)]


def test_a_record_arrives_as_it_was_sent(bus: Bus, topic: str) -> None:
    sent = Sendable(topic, b"tenant:lead", b"\x00value", [("ce_id", b"1"), ("x", b"a"), ("x", b"b")], 4)
    assert bus.send([sent]) == [None]
    assert bus.read(topic, 4) == [
        Received(topic, 4, 0, b"tenant:lead", b"\x00value", (("ce_id", b"1"), ("x", b"a"), ("x", b"b")))
    ]


def test_a_tombstone_is_a_record(bus: Bus, topic: str) -> None:
    assert bus.send([Sendable(topic, b"k", None, partition=0)]) == [None]
    assert bus.read(topic, 0)[0].value is None


def test_keys_go_where_murmur2_puts_them(bus: Bus, topic: str) -> None:
    """The same partitions from both, and as Java's client has them: inputs of a processor stay together."""
    keys = [
        b"",
        b"a",
        b"ab",
        b"abc",
        b"abcd",
        "tenant:\u00fc".encode(),
        *(f"tenant:{n}".encode() for n in range(40)),
    ]
    assert bus.send([Sendable(topic, key, b"v") for key in keys]) == [None] * len(keys)
    assert {r.key: r.partition for r in everything(bus, topic)} == {
        r.key: r.partition for r in _reference(keys)
    }


def _reference(keys: list[bytes]) -> list[Received]:
    memory = InMemoryBus({"reference": PARTITIONS})
    memory.send([Sendable("reference", key, b"v") for key in keys])
    return memory.all("reference")


def test_a_key_keeps_its_order_and_offsets_rise_by_one(bus: Bus, topic: str) -> None:
    bus.send([Sendable(topic, f"k{n % 3}".encode(), str(n).encode()) for n in range(60)])
    for number in range(PARTITIONS):
        log = bus.read(topic, number)
        assert [r.offset for r in log] == list(range(len(log)))
        values = [int(r.value or b"") for r in log]
        assert all(
            sorted(v for v in values if v % 3 == k) == [v for v in values if v % 3 == k] for k in range(3)
        )


def test_reading_begins_where_it_is_told(bus: Bus, topic: str) -> None:
    bus.send([Sendable(topic, b"k", str(n).encode(), partition=1) for n in range(5)])
    assert [r.value for r in bus.read(topic, 1, 3)] == [b"3", b"4"]


def test_a_record_that_is_too_large_is_refused_and_the_others_are_taken(bus: Bus, topic: str) -> None:
    records = [Sendable(topic, b"k", b"x" * size, partition=2) for size in (1, LARGEST_RECORD + 1_000, 2)]
    first, refused, last = bus.send(records)
    assert (first, last) == (None, None)
    assert refused is not None
    assert "too large" in refused
    assert [len(r.value or b"") for r in bus.read(topic, 2)] == [1, 2]


def test_nothing_is_sent_for_nothing(bus: Bus) -> None:
    assert bus.send([]) == []
