from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from chassis import business_clock
from chassis.avro import Codec
from chassis.business_clock import BusinessClock
from chassis.catalogue import Catalogue
from chassis.producer import Producer, Sendable
from chassis.testing import packaged_codec
from tests.chassis.sample.world import eventually

FORTNIGHT = timedelta(days=15)
Tick = Callable[[timedelta], None]


@pytest.fixture
def topic(kafka: str, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"clock.tick.{uuid4().hex[:6]}"
    admin: Any = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(name, 2)])[name].result(30)
    monkeypatch.setattr(business_clock, "TOPIC", name)
    return name


@pytest.fixture
def codec(topic: str) -> Codec:
    """Ticks on a topic of this test's own."""
    ticks = Catalogue.load().topic("clock.tick")
    return packaged_codec(Catalogue({topic: replace(ticks, name=topic)}))


@pytest.fixture
def tick(kafka: str, topic: str, codec: Codec) -> Iterator[Tick]:
    producer = Producer(kafka, "clock")

    def send(ahead: timedelta) -> None:
        record = {"time": 0, "offset": ahead // timedelta(milliseconds=1), "ends": {}}
        value = codec.encode(topic, "Tick", record)
        assert producer.send([Sendable(topic, b"clock", value, (), 0)]) == [None]

    yield send
    producer.close()


@pytest.fixture
def started(kafka: str, codec: Codec) -> Iterator[Callable[[], BusinessClock]]:
    clocks: list[BusinessClock] = []

    def start() -> BusinessClock:
        clocks.append(BusinessClock(kafka, codec, f"clock-{uuid4().hex[:6]}"))
        assert clocks[-1].start(30)
        return clocks[-1]

    yield start
    for clock in clocks:
        clock.close()


def ahead(clock: BusinessClock) -> timedelta:
    """How far it is before the wall clock, to the minute."""
    return round((clock.now() - datetime.now(UTC)) / timedelta(minutes=1)) * timedelta(minutes=1)


def test_it_is_the_wall_clock_until_somebody_travels(
    started: Callable[[], BusinessClock], tick: Tick
) -> None:
    clock = started()
    assert ahead(clock) == timedelta()
    assert clock.tick_age() == float("inf")
    tick(FORTNIGHT)
    eventually(lambda: ahead(clock) == FORTNIGHT)
    assert clock.tick_age() < 30


def test_a_process_that_starts_later_is_in_the_same_time(
    started: Callable[[], BusinessClock], tick: Tick
) -> None:
    for days in (1, 2, 15):
        tick(timedelta(days=days))
    assert ahead(started()) == FORTNIGHT


def test_bytes_that_are_no_tick_do_not_stop_it(
    started: Callable[[], BusinessClock], tick: Tick, kafka: str, topic: str
) -> None:
    clock = started()
    producer = Producer(kafka, "noise")
    assert producer.send([Sendable(topic, b"clock", b"noise", (), 0)]) == [None]
    producer.close()
    tick(FORTNIGHT)
    eventually(lambda: ahead(clock) == FORTNIGHT)


def test_without_a_broker_it_says_so_and_goes_on(codec: Codec) -> None:
    clock = BusinessClock("127.0.0.1:9", codec, "lonely")
    assert not clock.start(0.2)
    assert ahead(clock) == timedelta()
    clock.close()
