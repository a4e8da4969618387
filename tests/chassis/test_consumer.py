"""Each event takes effect once, in the order of its key, together with the position that it was read at."""

import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from chassis import dead_letters
from chassis.accept_loss import run as accept_loss_of
from chassis.consumer import Consumers, Event, Lane, OffsetLost, RawRecord, TooManyFailures, TopicRecreated
from chassis.consumer.errors import Overtaken
from chassis.consumer.offsets import create, move
from chassis.consumer.records import Decoder
from chassis.consumer.worker import Worker
from chassis.db import UnitOfWork
from chassis.ids import NOBODY
from chassis.lag import lags
from chassis.outbox import Outgoing
from chassis.runtime import Runtime
from tests.chassis.sample import service
from tests.chassis.sample.world import ACME, PATIENCE, ZENITH, World, eventually, scaled
from tests.services.statements import statements

LONG = 900
"""Seconds for all counts on a loaded machine."""

PARTS = ("settings", "catalogue", "database", "codec")


def sent(world: World) -> None:
    """Has everything written so far sent."""
    with world.relay():
        eventually(world.drained, LONG)


def outcome(world: World, topic: str = "") -> dict[str, int]:
    """Stored next offsets, summed over the partitions."""
    with world.unit() as uow:
        rows = uow.session.execute(
            text("SELECT topic, sum(next_offset) FROM consumer_offsets GROUP BY topic")
        )
        return {str(row[0]): int(row[1]) for row in rows}


def read_to_the_end(world: World) -> bool:
    """Whether every record of the topic is behind the stored positions."""
    return outcome(world).get(world.topic, 0) == len(world.read())


def test_what_was_accepted_takes_effect(world: World) -> None:
    for number in range(10):
        world.change(number, times=3)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)


def test_runs_of_one_type_come_in_one_call(world: World) -> None:
    for number in range(10):
        world.change(number, times=3)
    sent(world)
    with world.consumer(service.in_batches(world.topic)):
        eventually(world.caught_up)


def test_a_handler_that_needs_its_process_is_given_it() -> None:
    consumers, given = Consumers("readers"), []

    @consumers.on_batch("leads.lead", "LeadCreated", "LeadChanged")
    def read(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
        given.append(runtime)

    process: Any = SimpleNamespace(service="leads")
    nobody: Any = None
    for handler in consumers.within(process).handlers.values():
        handler.answer(nobody, [])
    assert given == [process, process]


def test_tenants_of_one_batch_are_kept_apart(world: World) -> None:
    for number in range(3):
        world.change(number, times=2, tenant=ACME)
        world.change(number, times=4, tenant=ZENITH)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(lambda: world.caught_up() and world.trails(ZENITH) == world.whole_trails(ZENITH))
    assert set(world.trails(ACME).values()) == {"1 2"}
    assert set(world.trails(ZENITH).values()) == {"1 2 3 4"}


@pytest.mark.faults
def test_redelivery_in_any_mixture_changes_nothing(world: World) -> None:
    """G4: every event one to five times, mixed over keys, each key in its order at first sight."""
    for number in range(scaled(400, 20)):
        world.change(number, times=3)
    sent(world)
    chance = random.Random(4)
    first = world.read()
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
        again = [raw for raw in first for _ in range(chance.randrange(5))]
        chance.shuffle(again)
        world.append(again)
        world.change(0)
        sent(world)
        eventually(world.caught_up)
        eventually(lambda: read_to_the_end(world))
    assert world.trails() == world.whole_trails()


def test_without_the_inbox_redelivery_would_show(world: World) -> None:
    """The red case of G4."""
    world.change(1)
    sent(world)
    world.append(world.read())
    with world.consumer(service.one_by_one(world.topic, resent=False)):
        eventually(lambda: read_to_the_end(world))
    assert world.trails() == {service.lead(1): "1 1"}


def test_a_cold_start_reads_from_the_stored_position(world: World) -> None:
    """Whatever Kafka thinks of the group."""
    world.change(1, times=3)
    sent(world)
    with world.consumer(service.one_by_one(world.topic, resent=False)):
        eventually(world.caught_up)
    world.change(1, times=3)
    sent(world)
    with world.consumer(service.one_by_one(world.topic, resent=False)):
        eventually(world.caught_up)
    assert world.trails() == {service.lead(1): "1 2 3 4 5 6"}


@pytest.mark.parametrize("place", ["consumer.before_commit", "consumer.after_commit"])
def test_a_death_beside_the_commit_neither_loses_nor_doubles(world: World, place: str) -> None:
    """G7"""
    for number in range(20):
        world.change(number, times=3)
    sent(world)
    with world.process("consume", FAILPOINT=f"{place}:kill") as first:
        assert first.wait(PATIENCE) == -9
    assert bool(world.trails()) is (place == "consumer.after_commit")
    with world.consumer(service.one_by_one(world.topic, resent=False)):
        eventually(world.caught_up)


def test_a_position_moved_by_another_member_voids_the_batch(world: World) -> None:
    """G10: what a member read before it was paused counts for nothing."""
    world.change(1)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
    with pytest.raises(Overtaken), world.unit() as uow:
        move(uow.session, "tally", {(world.topic, 0): 99}, {(world.topic, 0): 100})


def test_more_members_share_the_work(world: World) -> None:
    for number in range(20):
        world.change(number)
    sent(world)
    consumers = service.one_by_one(world.topic)
    with world.consumer(consumers), world.consumer(consumers):
        eventually(world.caught_up)
        for number in range(20):
            world.change(number)
        sent(world)
        eventually(world.caught_up)


# --- poison


def causes(world: World) -> list[str]:
    """Causes of the letters that wait, oldest first."""
    with world.unit() as uow:
        return [letter.cause for letter in reversed(dead_letters.list_letters(uow, limit=1000))]


@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_poison_stops_its_key_and_no_other(world: World) -> None:
    """G8: one event of a hundred."""
    leads = range(50 * scaled(500, 5))
    poisoned = leads[::50]
    with world.unit() as uow:
        for number in leads:
            service.change(uow, world.topic, service.lead(number))
        for number in leads:
            if number in poisoned:
                service.change(uow, world.topic, service.lead(number), poison=True)
            service.change(uow, world.topic, service.lead(number))
    sent(world)
    with world.consumer(service.in_batches(world.topic)):
        eventually(lambda: read_to_the_end(world), LONG)
    good = {service.lead(number): "1 2" for number in leads if number not in poisoned}
    assert world.trails() == good | {service.lead(number): "1" for number in poisoned}
    assert causes(world).count("failed") == causes(world).count("follows") == len(poisoned)


def test_a_letter_keeps_bytes_position_and_attempts(world: World) -> None:
    world.change(1, poison=True)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(lambda: read_to_the_end(world))
    (raw,) = world.read()
    with world.unit() as uow:
        (listed,) = dead_letters.list_letters(uow)
        letter = dead_letters.show(uow, listed.id)
    assert (letter.topic, letter.partition, letter.position) == raw[:3]
    assert (letter.value, letter.key) == (raw.value, (raw.key or b"").decode())
    assert dict(letter.headers)["ce_id"] == dict(raw.headers)["ce_id"].decode()  # type: ignore[union-attr]
    assert (letter.attempts, letter.parked) == (3, True)
    assert "Poison" in letter.detail


def test_bytes_that_are_no_record_are_kept_at_once(world: World) -> None:
    """F9"""
    world.change(1)
    world.change(2)
    sent(world)
    raws = {raw.key: raw for raw in world.read()}
    broken = raws[f"{ACME}:{service.lead(1)}".encode()]._replace(value=b"\x01not Avro")
    world.append([broken])
    world.change(1)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(lambda: read_to_the_end(world))
    assert causes(world) == ["undecodable", "follows"]
    assert world.trails() == {service.lead(1): "1", service.lead(2): "1"}


def test_an_event_of_another_tenant_under_our_key_is_a_security_event(world: World) -> None:
    world.change(1, tenant=ZENITH)
    world.change(2, tenant=ACME)
    sent(world)
    ours, theirs = (next(r for r in world.read() if t in str(r.key)) for t in (str(ACME), str(ZENITH)))
    world.append([theirs._replace(key=ours.key)])
    with world.consumer(service.one_by_one(world.topic)):
        eventually(lambda: read_to_the_end(world))
    assert causes(world) == []
    with world.unit(NOBODY) as uow:
        assert [letter.cause for letter in dead_letters.list_letters(uow)] == ["tenant"]


def test_many_failures_in_a_row_stop_the_consumer(world: World) -> None:
    for number in range(30):
        world.change(number, poison=True)
    sent(world)
    with pytest.raises(TooManyFailures), world.consumer(service.one_by_one(world.topic)):
        eventually(lambda: len(causes(world)) == 25)


def test_a_type_without_a_handler_is_passed_over(world: World) -> None:
    world.change(1)
    sent(world)
    consumers = Consumers("deaf")
    consumers.on(world.topic, "LeadCreated")(service.apply_one)
    with world.consumer(consumers):
        eventually(lambda: read_to_the_end(world))
    assert world.trails() == {}
    assert causes(world) == []


def test_what_no_handler_wants_costs_no_statement(world: World) -> None:
    """Its position goes with the next transaction."""
    world.change(1)
    sent(world)
    consumers = Consumers("deaf")
    consumers.on(world.topic, "LeadCreated")(service.apply_one)
    decoder = Decoder(world.codec, world.catalogue, consumers.group)
    items = [decoder.decode(raw) for raw in world.read()]
    expected = {item.raw.position: 0 for item in items}
    with world.unit() as uow:
        create(uow.session, consumers.group, dict.fromkeys(expected, (0, "")))
    worker = Worker(world.database, consumers)
    with statements() as asked:
        worker.process(items, expected)
    assert (asked, outcome(world)) == ([], {world.topic: 0})
    worker.store_passed(expected)
    assert outcome(world) == {world.topic: 1}
    assert set(expected.values()) == {1}


def test_a_type_has_one_handler() -> None:
    consumers = Consumers("twice")
    consumers.on("leads.lead", "LeadCreated")(service.apply_one)
    with pytest.raises(ValueError, match="has a handler already"):
        consumers.on_batch("leads.lead", "LeadCreated")(service.apply)


# --- surroundings


def test_a_position_that_the_topic_no_longer_has_stops_the_consumer(world: World) -> None:
    """F30: never silently to the latest."""
    world.change(1)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
    with world.unit() as uow:
        uow.session.execute(text("UPDATE consumer_offsets SET next_offset = 1000"))
    with pytest.raises(OffsetLost), world.consumer(service.one_by_one(world.topic)) as ended:
        assert ended.wait(PATIENCE)


def test_a_topic_that_was_made_again_stops_the_consumer(world: World) -> None:
    """F34: positions of the old one mean nothing in the new one."""
    world.change(1)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
    with world.unit() as uow:
        uow.session.execute(text("UPDATE consumer_offsets SET topic_id = 'of the topic before'"))
    with pytest.raises(TopicRecreated), world.consumer(service.one_by_one(world.topic)) as ended:
        assert ended.wait(PATIENCE)


def accept_loss(world: World, *words: str) -> int:
    """What an operator calls."""
    runtime: Any = SimpleNamespace(service="sample", **{name: getattr(world, name) for name in PARTS})
    return accept_loss_of(runtime, "tally", (), ["--topic", world.topic, *words])


def test_a_loss_is_told_and_once_accepted_the_consumer_goes_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """F30, F34: nothing but a person's word moves the position."""
    world.change(1)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
    assert accept_loss(world) == 0
    with world.unit() as uow:
        uow.session.execute(text("UPDATE consumer_offsets SET topic_id = 'of the topic before'"))
    world.change(2)
    sent(world)
    assert accept_loss(world) == 1
    assert "the topic was made again" in capsys.readouterr().out
    with structlog.testing.capture_logs() as logged:
        assert accept_loss(world, "--yes") == 0
    assert {entry["event"] for entry in logged} == {"loss_accepted"}
    with world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
    assert accept_loss(world) == 0


def test_a_database_that_goes_away_is_waited_for(world: World) -> None:
    """F14: sessions are cut while events come in."""
    with world.consumer(service.one_by_one(world.topic)):
        for number in range(10):
            world.change(number)
            world.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sample_app'"
                " AND datname = current_database() AND pid <> pg_backend_pid()",
                role="app",
            )
        sent(world)
        eventually(world.caught_up)


@pytest.mark.parametrize(("times", "told", "trail"), [(4, [], "1"), (1_000, ["failed"], None)])
def test_a_slow_database_is_waited_for_and_a_record_that_is_always_too_slow_is_put_aside(
    world: World, times: int, told: list[str], trail: str | None
) -> None:
    """F19"""
    slow = iter(range(times))
    consumers = Consumers("tally")

    @consumers.on(world.topic, "LeadStatusChanged")
    def tally(uow: UnitOfWork, event: Event) -> None:
        if event.record["lead_id"] == service.lead(1) and next(slow, None) is not None:
            uow.session.execute(text("SET LOCAL statement_timeout = 20"))
            uow.session.execute(text("SELECT pg_sleep(10)"))
        service.apply_one(uow, event)

    world.change(1)
    world.change(2)
    sent(world)
    with world.consumer(consumers):
        eventually(lambda: read_to_the_end(world))
    assert causes(world) == told
    expected = {service.lead(1): trail, service.lead(2): "1"}
    assert world.trails() == {lead: trail for lead, trail in expected.items() if trail}


# --- what handlers are given


def test_what_a_handler_publishes_names_its_cause(world: World) -> None:
    consumers = Consumers("echo")

    @consumers.on(world.topic, "LeadStatusChanged")
    def echo(uow: UnitOfWork, event: Event) -> None:
        if event.headers.get("causationid") is None:
            uow.publish(service.status_changed(uow, world.topic, event.record["lead_id"], 2))

    world.change(1)
    with world.relay(), world.consumer(consumers):
        eventually(lambda: len(world.read()) == 2)
    first, second = (dict(raw.headers) for raw in world.read())
    assert second["causationid"] == first["ce_id"]


def test_what_answers_many_at_once_names_none_of_them(world: World) -> None:
    """Not even the one that was answered before, by itself."""
    consumers = Consumers("echo")
    key = f"{ACME}:{service.lead(1)}"

    @consumers.on_batch(world.topic, "LeadStatusChanged")
    def echo(uow: UnitOfWork, events: Sequence[Event]) -> None:
        if events[0].record["version"] == 1:
            uow.publish(service.status_changed(uow, world.topic, service.lead(1), 2))

    consumers.on(f"{world.name}.key", "SubjectKey")(lambda _uow, _event: None)
    with world.unit() as uow:
        uow.publish(Outgoing(f"{world.name}.key", "SubjectKey", key, None))
    world.change(1)
    sent(world)
    with world.relay(), world.consumer(consumers):
        eventually(lambda: len(world.read()) == 2)
    assert "causationid" not in dict(world.read()[1].headers)


def test_a_tombstone_comes_as_an_event_without_fields(world: World) -> None:
    seen: list[Event] = []
    consumers = Consumers("keys")
    consumers.on(f"{world.name}.key", "SubjectKey")(lambda _, event: seen.append(event))
    with world.unit() as uow:
        uow.publish(Outgoing(f"{world.name}.key", "SubjectKey", f"{ACME}:{service.lead(1)}", None))
    sent(world)
    with world.consumer(consumers):
        eventually(lambda: bool(seen))
    assert (seen[0].tombstone, seen[0].record, seen[0].tenant) == (True, {}, ACME)


def test_foreign_writers_records_come_undecoded(world: World) -> None:
    consumers = Consumers("door")

    @consumers.on_raw(f"{world.name}.inbound")
    def welcome(uow: UnitOfWork, records: Sequence[RawRecord]) -> None:
        for raw in records:
            with uow.within(ACME) as own:
                service.change(own, world.topic, (raw.value or b"").decode())

    world.append([RawRecord(f"{world.name}.inbound", 0, 0, None, service.lead(7).encode(), [], -1)])
    with world.consumer(consumers):
        eventually(lambda: not world.drained())
    assert world.whole_trails() == {service.lead(7): "1"}


def test_a_tenants_unit_leads_to_no_other_tenant(world: World) -> None:
    with pytest.raises(PermissionError), world.unit(ACME) as uow, uow.within(ZENITH):
        pass


def test_a_worker_passes_over_what_is_not_its_own(world: World) -> None:
    Worker(world.database, service.one_by_one(world.topic)).process([], {})


# --- lanes


def test_a_busy_topic_is_read_by_a_member_of_its_own(world: World) -> None:
    consumers = Consumers("tally", busy=(world.topic,))
    consumers.on(world.topic, "LeadStatusChanged")(service.apply_one)
    consumers.on(f"{world.name}.key", "SubjectKey")(lambda _uow, _event: None)
    quiet, busy = consumers.lanes
    assert (quiet.topics, busy.topics) == ([f"{world.name}.key"], [world.topic])
    world.change(1, times=3)
    with world.relay(), world.consumer(consumers, lane=quiet), world.consumer(consumers, lane=busy):
        eventually(world.caught_up)
    assert {lag.group for lag in lags(world.kafka) if lag.topic == world.topic} == {busy.group}


def test_positions_are_the_groups_whatever_lane_a_topic_is_in(world: World) -> None:
    """So a topic may become busy, or quiet again, with a new release."""
    world.change(1, times=2)
    with world.relay(), world.consumer(service.one_by_one(world.topic)):
        eventually(world.caught_up)
    later = Consumers("tally", busy=(world.topic,))
    later.on(world.topic, "LeadStatusChanged", resent=False)(service.apply_one)
    world.change(1)
    with world.relay(), world.consumer(later, lane=later.lanes[0]):
        eventually(world.caught_up)


def test_a_service_without_busy_topics_has_one_lane(world: World) -> None:
    consumers = service.one_by_one(world.topic)
    assert consumers.lanes == [Lane("tally", [world.topic])]


def test_a_busy_topic_that_nobody_reads_is_an_error() -> None:
    with pytest.raises(ValueError, match="no handler"):
        _ = Consumers("tally", busy=("leads.scroe",)).lanes
