"""G5 on both hosts: every account is the fold of its movements, whatever happens to the members."""

import random
import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.faults.streams.arena import PARTITIONS, SESSION, Arena, Writer, times, until

pytestmark = [pytest.mark.infra, pytest.mark.faults, pytest.mark.timeout(1_800)]


@pytest.fixture(params=["confluent", "faust"])
def arena(request: pytest.FixtureRequest, kafka: str) -> Iterator[Arena]:
    with Arena(kafka, request.param) as arena:
        yield arena


@pytest.fixture
def writer(arena: Arena) -> Writer:
    return Writer(arena, accounts=500, per_second=1_000)


def settle(arena: Arena, records: int = 500) -> None:
    """Waits until the members have done some more."""
    before = arena.outputs()
    until(lambda: arena.outputs() >= before + records, "the members go on")


def test_members_come_go_die_and_stand_still_and_nothing_is_lost_or_counted_twice(
    arena: Arena, writer: Writer
) -> None:
    choose = random.Random(11)
    arena.join()
    arena.join()
    writer.start()
    settle(arena)
    for _ in range(times(10)):
        arena.join()
        settle(arena)
        arena.stop(choose.choice(arena.members))
        settle(arena)
    for _ in range(times(20)):
        arena.kill(choose.choice(arena.members))
        arena.join()
        settle(arena)
    for _ in range(times(5)):
        arena.freeze(arena.members[0], SESSION * 1.6)  # the oldest: it surely holds partitions
        arena.join()
        settle(arena)
    writer.stop()
    arena.judge(writer)


def test_a_member_that_dies_again_and_again_right_after_its_start_does_no_harm(
    arena: Arena, writer: Writer
) -> None:
    writer.start()
    for _ in range(times(10) + 2):
        member = arena.join()
        time.sleep(random.Random(3).uniform(1, 4))
        arena.kill(member)
    arena.join()
    settle(arena)
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
    settle(arena)
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
