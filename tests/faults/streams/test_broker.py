"""F1, F2 on both hosts: the broker is stopped or killed under a stream; what was acknowledged counts once."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import fetch
from deploy.local.free_ports import free_port
from deploy.local.kafka import Kafka
from tests.faults.streams.arena import Arena, times
from tests.faults.streams.writer import Writer

pytestmark = [pytest.mark.infra, pytest.mark.faults, pytest.mark.timeout(3_600)]

EXIT_LOST = 1
"""A member that loses its broker for too long ends, to be started again."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of our own, for it is going to suffer."""
    fetch.kafka_jars()
    broker = Kafka(tmp_path, (free_port(),))
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.parametrize("host", ["confluent", "faust"])
def test_the_broker_restarts_and_dies_and_every_movement_counts_once(broker: Kafka, host: str) -> None:
    with Arena(broker.bootstrap, host) as arena:
        arena.join()
        arena.join()
        writer = Writer(arena, accounts=200, per_second=300)
        writer.start()
        arena.settle()
        for _ in range(times(5)):
            broker.stop()
            time.sleep(3)
            broker.start()
            arena.settle(300, EXIT_LOST)
        for _ in range(times(5)):
            running = broker.processes[0].running()
            assert running is not None
            os.kill(running.pid, signal.SIGKILL)
            time.sleep(1)
            broker.start()
            arena.settle(300, EXIT_LOST)
        writer.stop()
        arena.judge(writer, EXIT_LOST)


@pytest.mark.parametrize("host", ["confluent", "faust"])
def test_a_member_stops_in_time_while_the_broker_is_gone(broker: Kafka, host: str) -> None:
    with Arena(broker.bootstrap, host) as arena:
        member = arena.join()
        writer = Writer(arena, accounts=50, per_second=500)
        writer.start()
        arena.settle()
        broker.stop()
        assert arena.stop(member) < 20  # the exit code is checked there
        broker.start()
        arena.join()
        arena.settle()
        writer.stop()
        arena.judge(writer)
