"""`Wire` over confluent-kafka: an idempotent producer, a reader without a group, and the topics' identity."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType  # type: ignore[attr-defined]

from chassis.durable import DURABLE
from chassis.streams.contract import Bytes, Headers, Raw, new
from chassis.streams.wire import ChangelogRecord, Place, StreamError, Undelivered

log = logging.getLogger(__name__)

FETCH: dict[str, Any] = {
    "fetch.wait.max.ms": 50,
    "fetch.message.max.bytes": 1_048_576,
    "queued.min.messages": 100_000,
    "queued.max.messages.kbytes": 16_384,
    "fetch.queue.backoff.ms": 10,  # its default of a second stalls the reader
}
DELIVERY_SECONDS = 120
SILENCE_SECONDS = 60
"""For so long a read may bring nothing before the broker counts as gone."""
ANSWER_SECONDS = 5
HINT_SECONDS = 3
FLUSH_SLICE = 1.0
STOP_GRACE = 6.0
"""Seconds from the stop until a broker that does not answer is given up."""
BATCH = 10_000
PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,  # of a topic that was made a moment ago
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
}


def raw_of(message: Any) -> Raw:
    """A message of the client, one without an error, as the engine takes it."""
    m = message
    return new(Raw, (m.topic(), m.partition(), m.offset(), m.key(), m.value(), m.headers))


class KafkaWire:
    """See `Wire`. One thread at a time. Once `stop` is set it waits for the broker for a few seconds more."""

    def __init__(self, bootstrap: str, client: str, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()
        self._stopping_since: float | None = None
        common: dict[str, Any] = {"bootstrap.servers": bootstrap, "client.id": client}
        self._common = common
        self._refused: list[str] = []
        self._admin = AdminClient(common)
        self._reader = Consumer(
            {
                **common,
                **FETCH,
                "group.id": f"{client}-reader-{uuid4()}",  # asked for by the client, never joined
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
            }
        )
        self._producer = Producer(
            {
                **common,
                **DURABLE,
                "linger.ms": 2,  # outputs leave while the next group is folded
                "compression.type": "none",
                "batch.num.messages": 100_000,
                "batch.size": 262_144,
                "queue.buffering.max.messages": 200_000,
                "queue.buffering.max.kbytes": 262_144,
                "delivery.timeout.ms": DELIVERY_SECONDS * 1_000,
                "delivery.report.only.error": True,
                "on_delivery": self._on_refused,
            }
        )

    def close(self) -> None:
        """Gives the connections back; what was not flushed is dropped."""
        self._producer.purge()
        self._producer.flush(1)
        self._reader.close()

    def _on_refused(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._refused.append(f"{message.topic()}[{message.partition()}]: {error.str()}")

    # --- writing

    def produce(
        self, topic: str, partition: int, key: Bytes, value: Bytes, headers: Headers | None = None
    ) -> None:
        """See `Wire`."""
        given = list(headers) if headers else None
        while True:
            try:
                self._producer.produce(topic, value, key, partition, headers=given)
            except BufferError:
                self._producer.poll(0.1)
                self._heed_stop()
            except KafkaException as error:  # too large: refused before it is queued
                raise Undelivered(f"{topic}[{partition}]: {error}") from error
            else:
                return

    def flush(self) -> None:
        """See `Wire`. That nothing is left in the queue does not say that nothing was refused."""
        deadline = time.monotonic() + DELIVERY_SECONDS + 10
        while (left := self._producer.flush(FLUSH_SLICE)) and time.monotonic() < deadline:
            self._heed_stop()
        if left or self._refused:
            raise Undelivered(f"{left} records not sent, refused: {self._refused[:3]}")

    def _heed_stop(self) -> None:
        """Raises `StreamError` when the process is to end and the broker still does not answer."""
        if not self._stop.is_set():
            return
        now = time.monotonic()
        self._stopping_since = self._stopping_since or now
        if now - self._stopping_since > STOP_GRACE:
            raise StreamError("told to stop while the broker does not answer")

    # --- reading

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Raw]:
        """See `Wire`. Ends at `stop` or at the end of the partition, whichever comes first."""
        if start >= stop:
            return
        with self._assigned([TopicPartition(topic, partition, start)]):
            for message in self._messages():
                if message is None or message.offset() >= stop:
                    return
                yield raw_of(message)
                if message.offset() >= stop - 1:
                    return

    def replay(self, topic: str, partitions: list[int]) -> Iterator[ChangelogRecord]:
        """See `Wire`."""
        with self._assigned([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions]):
            for m in self._messages():
                if m is not None:
                    yield ChangelogRecord(
                        m.partition(), m.offset(), m.timestamp()[1], m.key() or b"", m.value()
                    )

    @contextmanager
    def _assigned(self, partitions: list[TopicPartition]) -> Iterator[None]:
        self._reader.assign(partitions)
        try:
            yield
        finally:
            self._reader.unassign()

    def _messages(self) -> Iterator[Any]:
        """Messages of what is assigned; None for the end of a partition. Raises `StreamError` in silence."""
        heard = time.monotonic()
        while True:
            for message in self._reader.consume(BATCH, 0.1):
                heard = time.monotonic()
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    yield None
                elif not error.retriable():
                    raise StreamError(f"reading failed: {error}")
            self._heed_stop()
            if time.monotonic() - heard > SILENCE_SECONDS:
                raise StreamError(f"nothing read for {SILENCE_SECONDS} s")

    # --- the topics

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """See `Wire`."""
        at = TopicPartition(topic, partition)
        low, high = self._patiently(lambda: self._reader.get_watermark_offsets(at, timeout=ANSWER_SECONDS))
        return int(low), int(high)

    def ends(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """See `Wire`."""
        asked = {TopicPartition(*place): OffsetSpec.latest() for place in places}  # type: ignore[no-untyped-call]
        try:
            answers = self._admin.list_offsets(asked, request_timeout=HINT_SECONDS) if asked else {}
            return {(p.topic, p.partition): answer.result().offset for p, answer in answers.items()}
        except KafkaException as error:
            log.info("no ends to be had: %s", error)
            return {}

    def topic_ids(self, topics: list[str]) -> Mapping[str, tuple[str, int]]:
        """See `Wire`."""
        asked = TopicCollection(topics)

        def describe() -> dict[str, Any]:
            futures = self._admin.describe_topics(asked, request_timeout=ANSWER_SECONDS)
            return {topic: future.result() for topic, future in futures.items()}

        found = self._patiently(describe)
        return {topic: (str(about.topic_id), len(about.partitions)) for topic, about in found.items()}

    def compaction_lag(self, topic: str) -> int:
        """See `Wire`."""
        asked = ConfigResource(ResourceType.TOPIC, topic)
        config = self._patiently(
            lambda: self._admin.describe_configs([asked], request_timeout=ANSWER_SECONDS)[asked].result()
        )
        return int(config["min.compaction.lag.ms"].value)

    def hinted(self, group: str, places: Iterable[Place]) -> Mapping[Place, int]:
        """See `Wire`.

        Not by the admin client: a request of its to a coordinator that goes away aborts the process
        (`rd_kafka_enq_once_del_source_return` in librdkafka 2.15).
        """
        asked = [TopicPartition(*place) for place in places]
        looker = Consumer({**self._common, "group.id": group, "enable.auto.commit": False})  # never joins
        try:
            found = looker.committed(asked, timeout=HINT_SECONDS)
        except KafkaException as error:
            log.info("no hint to be had: %s", error)
            return {}
        finally:
            looker.close()
        return {(p.topic, p.partition): p.offset for p in found if p.error is None and p.offset >= 0}

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        """Asks again while the broker starts or elects; raises `StreamError` when it takes too long."""
        deadline = time.monotonic() + SILENCE_SECONDS
        while True:
            try:
                return ask()
            except KafkaException as error:
                reason = error.args[0]
                passing = reason.retriable() or reason.code() in PASSING
                if not passing or time.monotonic() > deadline:
                    raise StreamError(f"the broker does not answer: {reason}") from error
                self._heed_stop()
                time.sleep(0.2)
