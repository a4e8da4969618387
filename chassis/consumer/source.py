"""The Kafka side of a consumer: a group member that reads from positions that it is told, not Kafka's."""

import time
from collections.abc import Iterable, Iterator, Mapping
from threading import Thread
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from chassis.busy import BUSY, BUSY_GATHER_SECONDS
from chassis.consumer.errors import OffsetLost
from chassis.consumer.records import Position, RawRecord, raw_record
from chassis.consumer.registry import Lane

FIRST_WAIT_SECONDS = 1.0
GATHER_SECONDS = 0.02
"""What comes so soon after the first record goes into its transaction: that costs less than one for each.

Waited only where the last records came of several writes: a step of a saga is not held up for company.
"""
AT_ONCE_MS = 5
"""What one transaction wrote is sent within this."""
REQUEST_SECONDS = 5
LEAVE_SECONDS = 5.0

CONSUMER = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",  # a position is always given; where it does not exist, somebody must look
    "partition.assignment.strategy": "range",
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 1_000,
    "max.poll.interval.ms": 300_000,
    "fetch.wait.max.ms": 500,  # what comes is answered at once; each empty answer costs the broker
    "fetch.queue.backoff.ms": 10,
    "queued.max.messages.kbytes": 32_768,
    "socket.keepalive.enable": True,
}
_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
"""The position lies outside what the broker has."""

log = structlog.get_logger()


class SourceUnavailable(ConnectionError):
    """The broker did not answer: later it may."""


class Source:
    """One member of a group. Not for several threads."""

    def __init__(self, bootstrap: str, lane: Lane, client: str, settings: dict[str, Any]) -> None:
        common: dict[str, Any] = {"bootstrap.servers": bootstrap, "client.id": client}
        how = {**CONSUMER, **(BUSY if lane.busy else {}), "group.id": lane.group, **settings}
        self._consumer: Any = Consumer({**common, **how})
        self._topics = list(lane.topics)
        self._gather = BUSY_GATHER_SECONDS if lane.busy else GATHER_SECONDS
        self._admin = AdminClient(common)
        self._in_company = False
        self.granted: set[Position] | None = None
        """Positions that the group gave to this member and that wait for `begin`; None where none do."""
        self.held: set[Position] = set()
        """Positions that are this member's."""

    def subscribe(self) -> None:
        """Joins the group."""
        self._consumer.subscribe(
            self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )

    def _assigned(self, consumer: Any, partitions: list[Any]) -> None:
        """Notes what was given; reading begins when the loop has loaded where."""
        consumer.assign([])
        self.held = {(p.topic, p.partition) for p in partitions}
        self.granted = set(self.held)

    def _revoked(self, consumer: Any, _: list[Any]) -> None:
        self.held, self.granted = set(), None
        consumer.unassign()

    def begin(self, offsets: Mapping[Position, int]) -> None:
        """Reads from these offsets on."""
        self._consumer.assign([TopicPartition(*position, offset) for position, offset in offsets.items()])
        self.granted = None

    def read(self, most: int) -> list[RawRecord]:
        """What is there, at most so many records; waits up to a second for the first. Raises OffsetLost."""
        first = self._consumer.poll(FIRST_WAIT_SECONDS)
        if first is None:
            return []
        wait = self._gather if self._in_company else 0.0
        rest = self._consumer.consume(most - 1, wait) if most > 1 else []
        records = list(self._records([first, *rest]))
        self._in_company = in_company(records)
        return records

    def _records(self, messages: Iterable[Any]) -> Iterator[RawRecord]:
        for message in messages:
            if (error := message.error()) is None:
                yield raw_record(message)
            elif error.code() in _GONE:
                raise OffsetLost(f"{message.topic()}[{message.partition()}]: {error.str()}")
            elif error.fatal():
                raise KafkaException(error)
            else:
                log.warning("reading disturbed", error=error.name(), topic=message.topic())

    def rest(self, seconds: float) -> bool:
        """Reads nothing for a while but stays in the group. False if something came (to be read again)."""
        consumer = self._consumer
        until = time.monotonic() + seconds
        quiet = True
        consumer.pause(consumer.assignment())
        while (left := until - time.monotonic()) > 0:
            quiet = consumer.poll(min(left, 0.2)) is None and quiet
        consumer.resume(consumer.assignment())
        return quiet

    def hint(self, offsets: Mapping[Position, int]) -> None:
        """Tells Kafka where we are, for lag displays; nothing depends on it."""
        places = [TopicPartition(*position, offset) for position, offset in offsets.items()]
        try:
            if places:
                self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:  # a rebalance may be under way
            log.info("offset hint not taken", error=error.args[0].name())

    def ends(self, positions: Iterable[Position]) -> dict[Position, int]:
        """Known ends of partitions; does not ask the broker."""
        found = {}
        for position in positions:
            low_high = self._consumer.get_watermark_offsets(TopicPartition(*position), cached=True)
            if low_high and low_high[1] >= 0:
                found[position] = low_high[1]
        return found

    def topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        """Id of each topic: another one once it was made again. Raises SourceUnavailable."""
        asked = self._admin.describe_topics(TopicCollection(list(topics)), request_timeout=REQUEST_SECONDS)
        with_ids = {topic: _result(future) for topic, future in asked.items()}
        return {topic: str(described.topic_id) for topic, described in with_ids.items()}

    def firsts(self, positions: Iterable[Position]) -> dict[Position, int]:
        """First offset that each partition still has. Raises SourceUnavailable."""
        earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(*position): earliest for position in positions}
        if not asked:
            return {}
        answers = self._admin.list_offsets(asked, request_timeout=REQUEST_SECONDS)
        return {(p.topic, p.partition): int(_result(future).offset) for p, future in answers.items()}

    def close(self) -> None:
        """Leaves the group; without a broker that answers, the group finds out by itself (G17)."""
        leaving = Thread(target=self._consumer.close, name="leaving", daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)


def in_company(records: Iterable[RawRecord]) -> bool:
    """Whether the records come of more than one write, so that the next ones have others beside them too."""
    times = [record.timestamp for record in records]
    return bool(times) and max(times) - min(times) > AT_ONCE_MS


def _result(future: Any) -> Any:
    try:
        return future.result(REQUEST_SECONDS + 1)
    except KafkaException as error:
        raise SourceUnavailable(error.args[0].name()) from error
    except TimeoutError as error:
        raise SourceUnavailable("no answer in time") from error
