"""What could not be applied waits with its key, and comes back in its order."""

import uuid

import pytest

from chassis import dead_letters
from chassis.consumer import Consumers, Decoder
from chassis.dead_letters import Letter, Replayer
from chassis.dead_letters.desk import NoSuchLetter
from tests.chassis.sample import service
from tests.chassis.sample.world import ACME, ZENITH, World, eventually
from tests.chassis.test_consumer import causes, read_to_the_end, sent
from tests.chassis.test_relay import too_large


def replayer(world: World, consumers: Consumers) -> Replayer:
    """With the handlers of the sample."""
    return Replayer(world.database, consumers, Decoder(world.codec, world.catalogue, consumers.group))


def first_letter(world: World) -> uuid.UUID:
    """The oldest letter that waits."""
    with world.unit() as uow:
        return dead_letters.list_letters(uow)[-1].id


@pytest.fixture
def parked(world: World) -> World:
    """A lead whose second version is poison and whose third and fourth wait behind it."""
    world.change(1)
    world.change(1, poison=True)
    world.change(1, times=2)
    sent(world)
    with world.consumer(service.one_by_one(world.topic)):
        eventually(lambda: read_to_the_end(world))
    assert causes(world) == ["failed", "follows", "follows"]
    return world


def test_after_a_repair_the_letters_of_a_key_are_replayed_in_order(
    parked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G8: the end is as if nothing had happened."""
    monkeypatch.setenv("SAMPLE_REPAIRED", "yes")
    consumers = service.one_by_one(parked.topic)
    assert replayer(parked, consumers).replay(ACME, "user:ana", first_letter(parked)).letters == 3
    assert parked.caught_up()
    parked.change(1)
    sent(parked)
    with parked.consumer(consumers):
        eventually(parked.caught_up)


def test_what_fails_again_goes_on_waiting(parked: World) -> None:
    letter = first_letter(parked)
    result = replayer(parked, service.one_by_one(parked.topic)).replay(ACME, "user:ana", letter)
    assert (result.letters, result.failed) == (0, letter)
    assert causes(parked) == ["failed", "follows", "follows"]
    with parked.unit() as uow:
        assert dead_letters.show(uow, letter).attempts == 4


def test_a_letter_given_up_lets_those_behind_it_pass(parked: World) -> None:
    with parked.unit() as uow:
        dead_letters.discard(uow, first_letter(parked))
    consumers = service.one_by_one(parked.topic)
    assert replayer(parked, consumers).replay(ACME, "user:ana", first_letter(parked)).letters == 2
    assert parked.trails() == {service.lead(1): "1 3 4"}


def test_the_last_letter_given_up_frees_the_key(parked: World) -> None:
    with parked.unit() as uow:
        for letter in dead_letters.list_letters(uow):
            dead_letters.discard(uow, letter.id)
    assert parked.sql("SELECT count(*) FROM parked_keys") == [(0,)]


def test_a_letter_that_speaks_of_an_erased_person_is_given_up_and_emptied(world: World) -> None:
    """G20: that something could not be applied stays known."""
    said = {b"a": b"\x00jane@acme.example", b"b": b"\x00zoe@hooli.example", b"jane@acme.example": b"\x01"}
    kept = [Letter("desk", world.topic, 0, n, key, value, [], "failed", "odd") for n, (key, value) in
            enumerate(said.items())]  # fmt: skip
    with world.unit() as uow:
        dead_letters.keep(uow, kept)
        dead_letters.park(uow, "desk", [(world.topic, key) for key in said])
        for _ in range(2):
            dead_letters.forget_letters(uow, lambda text: "jane" in text)
    rows = world.sql("SELECT key, value, state, cause, detail FROM dead_letters ORDER BY sequence")
    gone = "a person was erased"
    assert [tuple(row) for row in rows] == [
        (b"a", None, "discarded", "failed", gone),
        (b"b", b"\x00zoe@hooli.example", "waiting", "failed", "odd"),
        (None, None, "discarded", "failed", gone),
    ]
    assert world.sql("SELECT key FROM parked_keys") == [(b"b",)]


def test_another_tenant_sees_no_letter(parked: World) -> None:
    letter = first_letter(parked)
    with parked.unit(ZENITH) as uow:
        assert dead_letters.list_letters(uow) == []
        with pytest.raises(NoSuchLetter):
            dead_letters.show(uow, letter)


def test_a_row_that_the_broker_refused_is_sent_again_by_a_replay(world: World) -> None:
    """F23: refused again, it waits again; those behind it stay behind."""
    with world.unit() as uow:
        uow._rows.append(too_large(1, world.topic))
    world.change(1)
    sent(world)
    assert causes(world) == ["refused", "follows"]
    with world.unit() as uow:
        dead_letters.discard(uow, first_letter(world))
    desk = replayer(world, service.one_by_one(world.topic))
    assert desk.replay(ACME, "user:ana", first_letter(world)).letters == 1
    sent(world)
    assert world.versions_read() == [(service.lead(1), 1)]


def test_a_processors_letter_goes_back_by_the_repair_topic(world: World) -> None:
    world.change(1)
    sent(world)
    (raw,) = world.read()
    origin = [("x-origin-topic", raw.topic.encode()), ("x-origin-partition", b"0"), ("x-origin-offset", b"0"),
              ("x-cause", b"step"), ("x-detail", b"ZeroDivisionError")]  # fmt: skip
    letter = raw._replace(topic=f"{world.name}.dead-letter", headers=[*raw.headers, *origin])
    world.append([letter, letter])
    consumers = Consumers("desk")
    consumers.on_raw(letter.topic)(dead_letters.store_dead_letter)
    with world.consumer(consumers):
        eventually(lambda: causes(world) == ["step"])
    assert replayer(world, consumers).replay(ACME, "user:ana", first_letter(world)).letters == 1
    sent(world)
    (repaired,) = world.read(f"{world.name}.repair")
    assert (repaired.key, repaired.value, repaired.partition) == (raw.key, raw.value, raw.partition)
    assert dict(origin).items() <= dict(repaired.headers).items()
