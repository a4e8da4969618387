"""The clock role on a real broker: one process ticks, another waits, a journey is told at once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from chassis.business_clock import BusinessClock
from chassis.catalogue import ensure_topics
from chassis.ids import NOBODY
from chassis.streams.kafka import KafkaWire
from services.notifications import commands
from services.notifications.ticking import TOPIC, run_clock
from tests.services.notifications.conftest import House

WAIT = 60.0


def until(condition: Callable[[], bool]) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Role:
    """One process that runs the clock."""

    def __init__(self, house: House, kafka: str, name: str) -> None:
        settings = SimpleNamespace(
            environment="local",
            database_url=SecretStr(house.urls["app"]),
            kafka_bootstrap=kafka,
            instance=name,
        )
        runtime: Any = SimpleNamespace(settings=settings, codec=house.codec, catalogue=house.catalogue)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=run_clock, args=(runtime, self.stop))
        self.thread.start()

    def end(self) -> None:
        """Stops it; returns once it has ended."""
        self.stop.set()
        self.thread.join(30)


@pytest.fixture
def topic(house: House, kafka: str) -> Iterator[Callable[[], list[int]]]:
    """How many ticks each partition holds beyond those that were there before."""
    ensure_topics(house.catalogue, kafka)
    partitions = house.catalogue.topic(TOPIC).partitions
    with closing(KafkaWire(kafka, "test-ticks")) as wire:
        before = [wire.bounds(TOPIC, number)[1] for number in range(partitions)]
        yield lambda: [wire.bounds(TOPIC, number)[1] - before[number] for number in range(partitions)]


@pytest.mark.infra
def test_one_process_ticks_in_every_partition_and_another_takes_over(
    house: House, kafka: str, topic: Callable[[], list[int]]
) -> None:
    first = Role(house, kafka, "first")
    try:
        until(lambda: min(topic()) > 0)
        second = Role(house, kafka, "second")
        try:
            assert set(topic()) == {1}
            first.end()
            until(lambda: set(topic()) == {2})
        finally:
            second.end()
    finally:
        first.end()


@pytest.mark.infra
def test_a_journey_is_told_at_once_and_followed(
    house: House, kafka: str, topic: Callable[[], list[int]]
) -> None:
    role = Role(house, kafka, "traveller")
    clock = BusinessClock(kafka, house.codec, "test-follower")
    try:
        until(lambda: min(topic()) > 0)
        clock.start()
        target = datetime.now(UTC) + timedelta(days=15)
        house.run(partial(commands.travel_to, target=target, production=False), NOBODY)
        until(lambda: clock.now() >= target)
    finally:
        clock.close()
        role.end()
