"""G1, G2, G10: what was accepted arrives, in order and with one effect, whoever dies or stands still."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.chassis.sample import service
from tests.chassis.sample.world import PATIENCE, SCALE, World, eventually, scaled
from tests.faults.transport.order import inversions

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3_600)]

LEADS = 50


def told(folder: Path) -> set[tuple[str, int]]:
    """What writers said was accepted; a line cut by a kill was not said."""
    lines = [line for path in folder.iterdir() for line in path.read_text().splitlines(keepends=True)]
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {(lead, int(version)) for lead, version in whole}


class Crowd:
    """Writers, a relay and a consumer, each started again when it is killed."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder, self._numbers = world, folder, count()
        self._processes = {
            name: self._start(name) for name in ("write 1", "write 2", "write 3", "relay", "consume")
        }

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        number = next(self._numbers)
        if not name.startswith("write"):
            return self._world.spawn(name)
        with (self._folder / str(number)).open("wb") as output:
            return self._world.spawn("write", number, LEADS, 1_000_000, output=output)

    def kill(self, name: str) -> None:
        """Kills one with no chance to say goodbye, and starts it again."""
        self._processes[name].kill()
        self._processes[name].wait()
        self._processes[name] = self._start(name)

    @property
    def names(self) -> list[str]:
        """Who can be killed."""
        return list(self._processes)

    def end(self, *kind: str) -> None:
        """Kills all of some kinds."""
        for name, process in self._processes.items():
            if name.startswith(kind):
                process.kill()
                process.wait()


@contextmanager
def crowd(world: World, folder: Path) -> Iterator[Crowd]:
    """A crowd that is gone at the end of the block."""
    folder.mkdir()
    made = Crowd(world, folder)
    try:
        yield made
    finally:
        made.end("write", "relay", "consume")


def test_no_accepted_write_is_lost_whoever_is_killed(world: World, tmp_path: Path) -> None:
    """G1: kill -9 of a random process every few seconds; then all heals, drains and is judged."""
    chance, said = random.Random(1), tmp_path / "said"
    with crowd(world, said) as everybody:
        wanted = scaled(100_000)
        kills = 0
        while len(told(said)) < wanted or kills < 8:
            time.sleep(5)
            everybody.kill(chance.choice(everybody.names))
            kills += 1
        everybody.end("write")
        eventually(world.drained)
        eventually(world.caught_up)
    accepted = {
        (lead, number + 1)
        for lead, trail in world.whole_trails().items()
        for number in range(len(trail.split()))
    }
    arrived = world.versions_read()
    assert told(said) <= accepted
    assert set(arrived) == accepted
    assert inversions(arrived) == 0


def test_a_relay_killed_before_it_deletes_loses_nothing(world: World) -> None:
    """G2: every id is there, some twice, always under the same id."""
    kills = scaled(200, 5)
    for number in range(kills):
        world.change(number % 7, times=2)
        with world.process("relay", FAILPOINT="relay.before_delete:kill") as relay:
            assert relay.wait(PATIENCE) == -signal.SIGKILL
    with world.relay():
        eventually(world.drained)
    arrived = world.versions_read()
    assert set(arrived) == {
        (service.lead(n % 7), v) for n in range(kills) for v in range(1, versions(kills, n) + 1)
    }
    assert len(arrived) > len(set(arrived))
    assert len({dict(raw.headers)["ce_id"] for raw in world.read()}) == len(set(arrived))
    assert inversions(arrived) == 0


def versions(kills: int, number: int) -> int:
    """How many versions lead number % 7 got in all rounds."""
    return 2 * sum(1 for other in range(kills) if other % 7 == number % 7)


def test_a_leader_that_stands_still_is_replaced_and_harmless_when_it_comes_back(world: World) -> None:
    """G10: stopped for longer than its session may be idle, it loses its locks to another."""
    with world.process("relay") as leader, world.consumer(service.one_by_one(world.topic)):
        world.change(0)
        eventually(world.drained)
        os.kill(leader.pid, signal.SIGSTOP)
        try:
            with world.relay() as heir:
                for number in range(20):
                    world.change(number, times=3)
                eventually(lambda: len(heir.shards) == 16)
                eventually(world.drained)
                time.sleep(50 * SCALE)
                os.kill(leader.pid, signal.SIGCONT)
                for number in range(20):
                    world.change(number, times=3)
                eventually(world.drained)
                eventually(world.caught_up)
        finally:
            os.kill(leader.pid, signal.SIGCONT)
    assert inversions(world.versions_read()) == 0
