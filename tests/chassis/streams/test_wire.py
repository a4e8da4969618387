"""The log in memory and Kafka do the same; and what only a real broker does: compaction."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from chassis import accept_loss
from chassis.streams.changelog import MARKER
from chassis.streams.engine import Engine
from chassis.streams.faust_host import FaustHost
from chassis.streams.kafka import KafkaWire
from chassis.streams.memory import MemoryLog, MemoryWire
from chassis.streams.processor import run_processor
from chassis.streams.pulse import Pulse
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import SourceLost, StreamError, Undelivered, Wire
from tests.chassis.streams.sums import Account, Sums, account, catalogue, moved, offline_codec

ANA = account(1)
TINY_LAG = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "segment.ms": "500",
}


def create(bootstrap: str, *topics: NewTopic) -> None:
    """Makes topics; blocks."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics(list(topics)).values():
        future.result(30)


@pytest.fixture(params=["memory", "kafka"])
def wired(request: pytest.FixtureRequest) -> Iterator[tuple[Wire, str]]:
    topic = f"wire-{uuid4().hex[:8]}"
    if request.param == "memory":
        yield MemoryWire(MemoryLog(partitions=2)), topic
        return
    bootstrap = request.getfixturevalue("kafka")
    create(bootstrap, NewTopic(topic, 2, 1, config={"min.compaction.lag.ms": str(7 * 86_400_000)}))
    wire = KafkaWire(bootstrap, "test")
    yield wire, topic
    wire.close()


def test_what_was_flushed_is_read_back_in_order_and_from_anywhere(wired: tuple[Wire, str]) -> None:
    wire, topic = wired
    for n in range(5):
        wire.produce(topic, 1, b"k%d" % n, None if n == 3 else b"v%d" % n, [("h", b"x")])
    wire.flush()
    assert wire.bounds(topic, 1) == (0, 5)
    assert wire.bounds(topic, 0) == (0, 0)
    assert wire.ends([(topic, 0), (topic, 1)]) == {(topic, 0): 0, (topic, 1): 5}
    assert wire.ends([]) == {}
    read = list(wire.read(topic, 1, 1, 4))
    assert [(raw.offset, raw.key, raw.value) for raw in read] == [
        (1, b"k1", b"v1"), (2, b"k2", b"v2"), (3, b"k3", None)
    ]  # fmt: skip
    assert list(read[0].headers() or []) == [("h", b"x")]
    assert list(wire.read(topic, 1, 5, 9)) == []
    assert list(wire.read(topic, 1, 3, 3)) == []


def test_a_replay_begins_at_the_beginning_of_every_partition(wired: tuple[Wire, str]) -> None:
    wire, topic = wired
    wire.produce(topic, 0, b"a", b"1")
    wire.produce(topic, 1, b"b", b"2")
    wire.flush()
    found = set()
    for record in wire.replay(topic, [0, 1]):
        found.add((record.partition, record.offset, record.key, record.value))
        if len(found) == 2:
            break
    assert found == {(0, 0, b"a", b"1"), (1, 0, b"b", b"2")}


def test_topics_have_an_identity_and_a_compaction_lag(wired: tuple[Wire, str]) -> None:
    wire, topic = wired
    id_, partitions = wire.topic_ids([topic])[topic]
    assert id_
    assert partitions == 2
    assert wire.compaction_lag(topic) == 7 * 86_400_000
    assert wire.hinted("nobody", [(topic, 0)]) == {}


def test_a_hint_is_what_the_group_has_committed(kafka: str) -> None:
    topic = f"wire-{uuid4().hex[:8]}"
    create(kafka, NewTopic(topic, 2, 1))
    wire = KafkaWire(kafka, "test")
    member: Any = Consumer({"bootstrap.servers": kafka, "group.id": topic})
    member.commit(offsets=[TopicPartition(topic, 1, 7)], asynchronous=False)
    member.close()
    assert wire.hinted(topic, [(topic, 0), (topic, 1)]) == {(topic, 1): 7}
    wire.close()


def test_a_record_that_the_broker_refuses_is_told(kafka: str) -> None:
    topic = f"wire-{uuid4().hex[:8]}"
    create(kafka, NewTopic(topic, 1, 1, config={"max.message.bytes": "1000"}))
    wire = KafkaWire(kafka, "test")
    with pytest.raises(Undelivered):  # noqa: PT012 - refused at once or by the broker
        wire.produce(topic, 0, b"k", b"x" * 5_000)
        wire.flush()
    wire.close()


class Stage:
    """Topics on the broker, the changelog compacted as soon as possible."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        prefix = f"sums-{uuid4().hex[:8]}"
        self.fold, self.contract = Sums(prefix), catalogue(prefix)
        self.codec = offline_codec(self.contract)
        changelog = NewTopic(self.fold.changelog, 1, 1, config=TINY_LAG)
        others = [NewTopic(name, 1, 1) for name in self.contract.topics if name != self.fold.changelog]
        create(bootstrap, changelog, *others)
        self.wire = KafkaWire(bootstrap, "stage")
        self.pulse = Pulse(60)
        self.pulse.start()

    def move(self, n: int, amount: int) -> None:
        """Writes a movement of Ana's."""
        topic = self.fold.inputs[0]
        self.wire.produce(topic, 0, ANA, self.codec.encode(topic, "Moved", moved(n, amount)))
        self.wire.flush()

    def member(self) -> Engine[Account]:
        """A member that has claimed the partition and loaded it."""
        engine = Engine(self.fold, self.codec, self.contract, self.wire, self.pulse)
        engine.assign([0])
        return engine

    def catch_up(self, engine: Engine[Account]) -> None:
        """Folds everything that is there."""
        topic = self.fold.inputs[0]
        engine.catch_up(0, {topic: self.wire.bounds(topic, 0)[1]})

    def roll(self) -> None:
        """Lets the broker begin a new segment, for the active one is never compacted."""
        time.sleep(0.7)
        self.wire.produce(self.fold.changelog, 0, MARKER + b"roll", None)
        self.wire.flush()

    def states_left(self) -> int:
        """Records of Ana's that the compaction has left."""
        changelog = self.fold.changelog
        end = self.wire.bounds(changelog, 0)[1]
        return sum(1 for raw in self.wire.read(changelog, 0, 0, end) if raw.key == ANA)

    def close(self) -> None:
        """Gives everything back."""
        self.pulse.stop()
        self.wire.close()


@pytest.fixture
def stage(kafka: str) -> Iterator[Stage]:
    stage = Stage(kafka)
    yield stage
    stage.close()


def wait(true: Callable[[], bool], what: str) -> None:
    """Waits for a condition, half a minute at most."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def test_compaction_that_meets_a_zombies_record_before_the_next_load_loses_nothing(
    stage: Stage,
) -> None:
    stage.move(0, 5)
    zombie = stage.member()
    stage.catch_up(zombie)
    stage.member()  # an heir that dies before it folds anything
    stage.move(1, 7)
    stage.catch_up(zombie)

    def compacted() -> bool:
        stage.roll()
        return stage.states_left() == 1

    wait(compacted, "the true state is compacted away in favour of the zombie's")
    heir = stage.member()
    stage.catch_up(heir)
    state = heir.state(ANA, 0)
    assert state is not None
    assert (state.total, state.moves, state.lost, state.doubled) == (12, 2, 0, 0)
    again = stage.member().state(ANA, 0)
    assert again is not None
    assert again.total == 12


@pytest.mark.parametrize("host", ["confluent", "faust"])
def test_a_processor_folds_what_is_written_and_stops_when_told_leaving_no_files_behind(
    stage: Stage, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stop = threading.Event()
    settings = StreamSettings(stage.bootstrap, f"processor-{host}", host)  # type: ignore[arg-type]
    thread = threading.Thread(
        target=run_processor, args=(stage.fold, settings, stage.codec, stage.contract, stop)
    )
    thread.start()
    for n in range(100):
        stage.move(n, 1)
    wait(lambda: stage.wire.bounds(stage.fold.total, 0)[1] == 100, "a hundred outcomes")
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert list(tmp_path.iterdir()) == []
    state = stage.member().state(ANA, 0)
    assert state is not None
    assert (state.total, state.lost, state.doubled) == (100, 0, 0)


class DeafHost(FaustHost[Account]):
    """Its Faust brings nothing."""

    async def _take(self, stream: Any) -> None:
        async for _ in stream.noack().events():
            pass


def test_what_faust_does_not_bring_is_read_directly_until_the_process_starts_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.streams.engine.STALLED_AFTER", 1.0)
    monkeypatch.setattr("chassis.streams.faust_host.SILENCE_SECONDS", 1.0)
    wire = KafkaWire(stage.bootstrap, "deaf")
    folding = Engine(stage.fold, stage.codec, stage.contract, wire, stage.pulse)
    host = DeafHost(folding, stage.fold.name, StreamSettings(stage.bootstrap, "deaf", "faust"))
    with ThreadPoolExecutor(1) as pool:
        given_up = pool.submit(host.run, threading.Event())
        written = 0
        while not given_up.done():
            stage.move(written, 1)
            written += 1
            time.sleep(0.1)
        with pytest.raises(StreamError, match="faust has brought nothing"):
            given_up.result()
    wire.close()
    assert 0 < stage.wire.bounds(stage.fold.total, 0)[1] <= written


def test_a_processor_whose_input_was_overtaken_goes_on_once_a_person_accepts_the_loss(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """F30"""
    topic = stage.fold.inputs[0]
    settings = SimpleNamespace(kafka_bootstrap=stage.bootstrap, instance="sums")
    runtime: Any = SimpleNamespace(
        service="sums", settings=settings, catalogue=stage.contract, codec=stage.codec
    )

    def accept(*words: str) -> int:
        return accept_loss.run(runtime, None, (stage.fold,), ["--topic", topic, *words])

    stage.move(0, 5)
    stage.catch_up(stage.member())
    for n in range(1, 4):
        stage.move(n, 1)
    assert accept() == 0
    admin = AdminClient({"bootstrap.servers": stage.bootstrap})
    for future in admin.delete_records([TopicPartition(topic, 0, 3)]).values():
        future.result(30)
    with pytest.raises(SourceLost):
        stage.member()
    assert accept() == 1
    assert "position 1: 2 records are lost" in capsys.readouterr().out
    assert accept("--yes") == 0
    heir = stage.member()
    stage.catch_up(heir)
    state = heir.state(ANA, 0)
    assert state is not None
    assert state.total == 6
