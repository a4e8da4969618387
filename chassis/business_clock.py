"""The clock of a process outside production: it follows `clock.tick`, so that demo and tests can travel."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition

from chassis.avro import Codec, SchemaUnavailable, Undecodable

log = structlog.get_logger(__name__)

TOPIC = "clock.tick"
_LAST = -2001
"""librdkafka's name for "one before the end"."""


class BusinessClock:
    """The wall clock plus the offset of the last tick in partition 0.

    Never to be used in production, where the offset is 0 by definition: there it is a SystemClock.
    """

    def __init__(self, bootstrap: str, codec: Codec, client: str) -> None:
        self._codec = codec
        self._config = {
            "bootstrap.servers": bootstrap,
            "client.id": f"{client}-clock",
            "group.id": f"{client}-clock",  # asked for by the client, never joined
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
        self._offset = timedelta()
        self._seen: float | None = None
        self._ready, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name="clock", daemon=True)

    def now(self) -> datetime:
        """Business time, aware, UTC. Does not block."""
        return datetime.now(UTC) + self._offset

    def start(self, timeout: float = 10) -> bool:
        """Begins to follow and waits for the last tick; False when the broker did not answer in time.

        Following goes on also then.
        """
        self._thread.start()
        return self._ready.wait(timeout)

    def close(self) -> None:
        """Stops following; the offset stays."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def tick_age(self) -> float:
        """Seconds since a tick was last seen, infinite before the first: a stopped clock stops timers."""
        return float("inf") if self._seen is None else time.monotonic() - self._seen

    def _follow(self) -> None:
        consumer: Any = Consumer(self._config)
        try:
            consumer.assign([TopicPartition(TOPIC, 0, _LAST)])
            while not self._closed.is_set():
                if (message := consumer.poll(0.5)) is not None:
                    self._take(message)
        finally:
            consumer.close()

    def _take(self, message: Any) -> None:
        if (error := message.error()) is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._ready.set()
            return
        try:
            _, tick = self._codec.decode(TOPIC, message.value())
        except (Undecodable, SchemaUnavailable) as fault:
            log.warning("tick_not_read", cause=str(fault), offset=message.offset())
            return
        self._offset, self._seen = timedelta(milliseconds=tick["offset"]), time.monotonic()
        self._ready.set()
