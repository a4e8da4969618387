"""Reading topics without a group: from the end for everybody, from some position for one client."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from chassis.consumer.records import RawRecord, raw_record
from chassis.live.positions import Place

ANSWER_SECONDS = 5.0
CATCH_UP_SECONDS = 60.0
FARTHEST = 50_000
"""Records that a returning client is brought up to date with; for more it loads its lists again."""


class Expired(Exception):
    """The position is not, or no longer, on the topic, or too far back."""


def open_consumer(bootstrap: str, client: str) -> Any:
    """A consumer for assigned partitions that keeps no position anywhere."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": client,
            "group.id": client,  # asked for by the client library, never joined
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": 8192,
            "fetch.wait.max.ms": 500,
        }
    )


def bounds(consumer: Any, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
    """First and next offset of each place, asked of the broker. Raises KafkaException. Blocks."""
    return {
        place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=ANSWER_SECONDS)
        for place in places
    }


def assign(consumer: Any, starts: Mapping[Place, int]) -> None:
    """Reads these places from these offsets."""
    consumer.assign([TopicPartition(topic, number, offset) for (topic, number), offset in starts.items()])


def records(messages: Iterable[Any]) -> Iterable[RawRecord]:
    """The records among what was consumed. Raises Expired for a lost position; passes over other errors."""
    for message in messages:
        error = message.error()
        if error is None:
            yield raw_record(message)
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise Expired(str(error))


class CatchUp:
    """The records between two positions, for one client. Every method blocks.

    A position ahead of its end gives none: the client comes from a process that was further on. It is still
    checked, for a position beyond the topic's end is one of a topic that is no more.
    """

    def __init__(self, bootstrap: str, client: str, wanted: Mapping[Place, tuple[int, int]]) -> None:
        behind = {place: span for place, span in wanted.items() if span[0] < span[1]}
        self._open = {place: end for place, (_, end) in behind.items()}
        self._until = time.monotonic() + CATCH_UP_SECONDS
        self._consumer = open_consumer(bootstrap, client)
        try:
            self._check(wanted)
            assign(self._consumer, {place: start for place, (start, _) in behind.items()})
        except BaseException:
            self.close()
            raise

    def _check(self, wanted: Mapping[Place, tuple[int, int]]) -> None:
        """Raises Expired, KafkaException."""
        if sum(max(0, end - start) for start, end in wanted.values()) > FARTHEST:
            raise Expired("too far back")
        for place, (low, high) in bounds(self._consumer, wanted).items():
            if not low <= wanted[place][0] <= high:
                raise Expired("beyond retention")

    def read(self) -> list[RawRecord] | None:
        """Some more of the records, None at the end. Raises Expired; KafkaException when it takes long."""
        if not self._open:
            return None
        if time.monotonic() > self._until:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        messages = self._consumer.consume(500, 0.2)
        found = [raw for raw in records(messages) if raw.offset < self._open.get(raw.position, 0)]
        for message in messages:
            self._note(message)
        return found

    def _note(self, message: Any) -> None:
        place = message.topic(), message.partition()
        error = message.error()
        at_end = error is not None and error.code() == KafkaError._PARTITION_EOF
        if place in self._open and (at_end or message.offset() + 1 >= self._open[place]):
            del self._open[place]

    def close(self) -> None:
        """Gives the connection back."""
        self._consumer.close()
