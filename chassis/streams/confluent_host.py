"""Runs the engine on confluent-kafka's `consume()`: one thread, chunk after chunk."""

import logging
import threading
import time
from collections import defaultdict
from typing import Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from chassis.busy import BUSY, BUSY_GATHER_SECONDS
from chassis.streams.collector import GroupedCollection
from chassis.streams.contract import Raw
from chassis.streams.engine import Engine
from chassis.streams.kafka import FETCH, raw_of
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import NotCoPartitioned, SourceLost, StreamError

S = TypeVar("S")

log = logging.getLogger(__name__)

CHUNK = 4_000
IDLE = 0.2
"""Seconds for which the first record is waited for."""
WATCH_EVERY = 2.0


class ConfluentHost(Generic[S]):
    """One member of the fold's consumer group. `run` blocks until it is told to stop."""

    def __init__(self, engine: Engine[S], group: str, settings: StreamSettings) -> None:
        self._engine = engine
        self._idle = True
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.bootstrap,
                "client.id": settings.client,
                "group.id": group,
                **FETCH,
                **BUSY,
                "partition.assignment.strategy": "range",  # the same numbers of every input to one member
                "session.timeout.ms": int(settings.session_timeout * 1_000),
                "heartbeat.interval.ms": 1_000,
                "max.poll.interval.ms": 300_000,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",  # never jumps in silence
            }
        )

    def run(self, stop: threading.Event) -> None:
        """Folds until `stop`; raises `StreamError` when the process has to end."""
        self._consumer.subscribe(self._engine.topics, self._assigned, self._revoked, self._lost)
        watched = time.monotonic()
        try:
            with GroupedCollection() as collection:
                while not stop.is_set():
                    self._turn()
                    collection.between_groups()
                    if time.monotonic() - watched > WATCH_EVERY:
                        self._watch()
                        watched = time.monotonic()
            self._engine.settle()
        finally:
            self._consumer.close()

    def _turn(self) -> None:
        chunk = self._consumer.consume(1, 0.0 if self._engine.more else IDLE)
        if chunk:
            chunk += self._consumer.consume(CHUNK - 1, 0.0 if self._engine.more else BUSY_GATHER_SECONDS)
        self._idle = len(chunk) < CHUNK
        if chunk or self._engine.more:
            self._engine.advance(self._sound(chunk))
        if self._idle:  # nothing waits that could be folded meanwhile
            self._engine.settle()
        if chunk:
            self._engine.tell_age(chunk[-1].timestamp()[1])

    def _sound(self, chunk: list[Message]) -> list[Raw]:
        raws = []
        for message in chunk:
            error = message.error()
            if error is None:
                raws.append(raw_of(message))
            else:
                self._judge(error, message)
        return raws

    def _judge(self, error: KafkaError, message: Message) -> None:
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise SourceLost(f"{message.topic()}[{message.partition()}]: {error.str()}")
        if error.fatal() or error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
            raise StreamError(f"{message.topic()}: {error.str()}")
        log.warning("consumer: %s", error.str())

    # --- partitions come and go: called inside consume(), so never within a group

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        positions = self._engine.assign(common_partitions(partitions))
        consumer.assign(
            [TopicPartition(p.topic, p.partition, positions[p.partition][p.topic]) for p in partitions]
        )

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._engine.settle()
        self._hint()
        self._lost(consumer, partitions)

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._engine.revoke({p.partition for p in partitions})
        consumer.unassign()

    def _hint(self) -> None:
        """Tells the coordinator where we are, for people and tools that look at lag. Nothing rests on it."""
        offsets = [
            TopicPartition(topic, number, offset)
            for number, positions in self._engine.hint().items()
            for topic, offset in positions.items()
        ]
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            log.info("hint not taken: %s", error)

    def _watch(self) -> None:
        self._hint()
        self._engine.nudge(idle=self._idle)


def common_partitions(partitions: list[TopicPartition]) -> list[int]:
    """The partition numbers of an assignment; raises `NotCoPartitioned` where the inputs' differ."""
    by_topic: dict[str, set[int]] = defaultdict(set)
    for partition in partitions:
        by_topic[partition.topic].add(partition.partition)
    numbers = set().union(*by_topic.values())
    if any(found != numbers for found in by_topic.values()):
        raise NotCoPartitioned(f"inputs were assigned differently: {dict(by_topic)}")
    return sorted(numbers)
