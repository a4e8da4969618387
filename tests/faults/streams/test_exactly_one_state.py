"""G5 on both hosts: every account is the fold of its movements, whatever happens to the members."""

import random
import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.faults.streams.arena import PARTITIONS, SESSION, Arena, times, until
from tests.faults.streams.writer import Writer

pytestmark = [pytest.mark.infra, pytest.mark.faults, pytest.mark.timeout(3_600)]


@pytest.fixture(params=["confluent", "faust"])
def arena(request: pytest.FixtureRequest, kafka: str) -> Iterator[Arena]:
    with Arena(kafka, request.param) as arena:
        yield arena


@pytest.fixture
def writer(arena: Arena) -> Writer:
    return Writer(arena, accounts=500, per_second=1_000)


def test_members_come_go_die_and_stand_still_and_nothing_is_lost_or_counted_twice(
    arena: Arena, writer: Writer
) -> None:
    choose = random.Random(11)
    arena.join()
    arena.join()
    writer.start()
    arena.settle(500)
    for _ in range(times(10)):
        arena.join()
        arena.settle(500)
        arena.stop(choose.choice(arena.members))
        arena.settle(500)
    for _ in range(times(20)):
        arena.kill(choose.choice(arena.members))
        arena.join()
        arena.settle(500)
    for _ in range(times(5)):
        arena.freeze(arena.members[0], SESSION * 1.6)  # the oldest: it surely holds partitions
        arena.join()
        arena.settle(500)
    writer.stop()
    arena.judge(writer)


def test_a_member_that_dies_again_and_again_right_after_its_start_does_no_harm(
    arena: Arena, writer: Writer
) -> None:
    choose = random.Random(3)
    writer.start()
    for _ in range(times(10) + 2):
        member = arena.join()
        time.sleep(choose.uniform(0, 3))
        arena.kill(member)
    arena.join()
    arena.settle(500)
    writer.stop()
    arena.judge(writer)


WRONG: dict[str, Callable[[int], int]] = {
    "at the end": lambda end: end,
    "60 before the end": lambda end: max(0, end - 60),
    "at 0": lambda end: 0,
    "5,000 beyond the end": lambda end: end + 5_000,
}


@pytest.mark.parametrize("committed", WRONG)
def test_the_group_starts_at_its_stored_position_whatever_the_committed_offset_says(
    arena: Arena, writer: Writer, committed: str
) -> None:
    first = arena.join()
    writer.start()
    arena.settle(500)
    arena.stop(first)
    time.sleep(1)
    writer.stop()
    commit(arena, WRONG[committed])
    arena.join()
    arena.judge(writer)


def commit(arena: Arena, wrong: Callable[[int], int]) -> None:
    """Commits wrong offsets for the group, as an operator's slip or a lost offsets topic would."""
    consumer = Consumer({"bootstrap.servers": arena.bootstrap, "group.id": arena.prefix})
    offsets = [
        TopicPartition(topic, n, wrong(end))
        for topic in arena.fold.inputs
        for n, end in enumerate(arena.ends(topic))
    ]

    def taken() -> bool:
        try:
            consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException:  # the group still has a member
            return False
        return True

    until(taken, "the group is empty")
    consumer.close()
    assert len(offsets) == 2 * PARTITIONS
