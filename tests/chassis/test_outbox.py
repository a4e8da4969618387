"""An event is made bytes and headers in the transaction that it tells of."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from chassis.avro import Unencodable
from chassis.db import UnitOfWork
from chassis.outbox import LARGEST_BYTES, SHARDS, ForeignKey, Outgoing, TooLarge, shard_of
from chassis.telemetry import span
from tests.chassis.sample import service
from tests.chassis.sample.world import ZENITH, World


def event(world: World, uow: UnitOfWork) -> Outgoing:
    """A lead's first version."""
    return service.status_changed(uow, world.topic, service.lead(1), 1)


def test_events_keep_the_order_of_their_publishing(world: World) -> None:
    with world.unit() as uow:
        ids = [uow.publish(event(world, uow)) for _ in range(50)]
    rows = world.sql("SELECT event_id FROM outbox ORDER BY id")
    assert [id for (id,) in rows] == ids


def test_an_event_carries_the_trace_it_was_written_in(world: World) -> None:
    with span() as trace, world.unit() as uow:
        uow.publish(event(world, uow))
    ((headers,),) = world.sql("SELECT headers FROM outbox")
    assert trace.traceparent.encode() in bytes(headers)


def test_a_key_of_another_tenant_is_refused(world: World) -> None:
    with world.unit() as uow, pytest.raises(ForeignKey):
        uow.publish(replace(event(world, uow), key=f"{ZENITH}:{service.lead(1)}"))


def test_a_record_that_does_not_fit_is_refused_at_once(world: World) -> None:
    with world.unit() as uow, pytest.raises(Unencodable):
        uow.publish(replace(event(world, uow), record={"event_id": service.lead(1)}))


def test_an_event_that_the_broker_would_refuse_is_refused_at_once(world: World) -> None:
    """F31"""
    with world.unit() as uow:
        small = event(world, uow)
        large = replace(small, record={**(small.record or {}), "reason": "x" * LARGEST_BYTES})
        with pytest.raises(TooLarge):
            uow.publish(large)


def test_another_tenant_cannot_see_what_waits(world: World) -> None:
    world.change(1)
    with world.unit(ZENITH) as uow:
        assert uow.session.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 0


def test_an_aggregate_stays_in_its_shard() -> None:
    keys = [f"tenant:{number}".encode() for number in range(1000)]
    assert {shard_of(key) for key in keys} == set(range(SHARDS))
    assert shard_of(keys[0]) == shard_of(keys[0])
