"""Events reach Kafka at least once, in order per aggregate, through one relay at a time."""

import time

import psycopg
from sqlalchemy import text

from chassis.db import libpq_url
from chassis.outbox import OutboxRow
from chassis.relay import table
from tests.chassis.sample import service
from tests.chassis.sample.world import ACME, World, eventually


def test_an_accepted_change_reaches_kafka_with_its_id_and_tenant(world: World) -> None:
    world.change(1)
    with world.relay():
        eventually(world.drained)
    (raw,) = world.read()
    headers = dict(raw.headers)
    assert raw.key == f"{ACME}:{service.lead(1)}".encode()
    assert headers["ce_id"] == world.codec.decode(world.topic, raw.value)[1]["event_id"].encode()
    assert headers["ce_type"] == b"salescompass.leads.LeadStatusChanged"
    assert headers["tenantid"] == str(ACME).encode()


def test_versions_of_a_lead_arrive_in_their_order(world: World) -> None:
    with world.relay(batch=7):
        for _ in range(20):
            for number in range(5):
                world.change(number)
        eventually(world.drained)
    read = world.versions_read()
    for number in range(5):
        assert [v for lead, v in read if lead == service.lead(number)] == list(range(1, 21))


def test_a_rolled_back_change_tells_nobody(world: World) -> None:
    class Broken(Exception):
        pass

    try:
        with world.unit() as uow:
            service.change(uow, world.topic, service.lead(1))
            uow.flush()
            raise Broken
    except Broken:
        pass
    assert world.drained()


def test_a_change_is_sent_within_milliseconds(world: World) -> None:
    with world.relay():
        world.change(0)
        eventually(world.drained)
        waits = []
        for number in range(20):
            began = time.monotonic()
            world.change(number)
            eventually(world.drained)
            waits.append(time.monotonic() - began)
    assert sorted(waits)[10] < 0.2, "the hint wakes the relay before its next look"


def too_large(number: int, topic: str) -> OutboxRow:
    """A row that the broker refuses; past the check that `publish` makes."""
    key = f"{ACME}:{service.lead(number)}".encode()
    return OutboxRow(ACME, topic, None, key, b"x" * 2_000_000, b"[]")


def test_a_row_that_cannot_be_sent_parks_its_key_and_no_other(world: World) -> None:
    """F23"""
    world.change(1)
    with world.unit() as uow:
        uow._rows.append(too_large(1, world.topic))
    world.change(1)
    world.change(2)
    with world.relay():
        eventually(world.drained)
    assert sorted(world.versions_read()) == [(service.lead(1), 1), (service.lead(2), 1)]
    kept = world.sql("SELECT cause FROM dead_letters WHERE group_name = 'outbox' ORDER BY sequence")
    assert kept == [("refused",), ("follows",)]


def test_a_second_relay_is_idle_until_the_first_is_gone(world: World) -> None:
    """F22"""
    with world.relay() as second_chance:
        eventually(lambda: len(second_chance.shards) == 16)
        with world.relay() as idle:
            world.change(1, times=5)
            eventually(world.drained)
            assert idle.shards == set()


def test_a_free_shard_is_taken_over(world: World) -> None:
    with world.relay() as other:
        eventually(lambda: len(other.shards) == 16)
        with world.process("relay"):
            pass
    with world.relay() as heir:
        eventually(lambda: len(heir.shards) == 16)


def test_ids_and_answers_are_forgotten_after_their_time(world: World) -> None:
    with world.unit() as uow:
        for age in (13, 15):
            uow.session.execute(
                text("INSERT INTO inbox VALUES (:tenant, 'g', gen_random_uuid(), CURRENT_DATE - :age)"),
                {"tenant": ACME, "age": age},
            )
    with world.relay():
        eventually(lambda: world.sql("SELECT count(*) FROM inbox") == [(1,)])


def test_what_waits_is_counted(world: World) -> None:
    world.change(1, times=3)

    with psycopg.connect(libpq_url(world.urls["relay"])) as connection:
        rows, oldest = table.waiting(connection)
    assert rows == 3
    assert oldest > 0
