"""Sends records and waits until the broker has them: for a front door that has no row to go with the event.

What a database change causes leaves through the outbox instead.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka import Producer as Client

from chassis.durable import DURABLE

DELIVERY_SECONDS = 10.0
"""After this a record counts as not sent; the sender answers 503 and is asked again with the same ids."""
QUEUE_RECORDS = 100_000
QUEUE_KILOBYTES = 65_536


class Sendable(NamedTuple):
    """One record, ready for the wire."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


class Overloaded(ConnectionError):
    """More waits for the broker than memory is set aside for (G18): come back later."""


class _Batch:
    """Counts the delivery reports of one call."""

    def __init__(self, size: int) -> None:
        self.causes: list[str | None] = ["not delivered in time"] * size
        self._left = size
        self._lock = threading.Lock()
        self.done = threading.Event()

    def report(self, index: int, error: Any, _message: Any) -> None:
        """Notes one delivery, or why it was none."""
        with self._lock:
            self.causes[index] = None if error is None else error.str()
            self._left -= 1
            if not self._left:
                self.done.set()


class Producer:
    """An idempotent producer shared by the threads of a process; keys go where Java would put them."""

    def __init__(self, bootstrap: str, client: str) -> None:
        self._client = Client(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client,
                **DURABLE,
                "linger.ms": 2,
                "compression.type": "lz4",
                "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
                "queue.buffering.max.messages": QUEUE_RECORDS,
                "queue.buffering.max.kbytes": QUEUE_KILOBYTES,
            }
        )
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer", daemon=True)
        self._poller.start()

    def send(self, records: Sequence[Sendable], timeout: float = DELIVERY_SECONDS + 2) -> list[str | None]:
        """Sends records and waits for the broker's acks: for each None, or why it was not taken. Blocks.

        Records of one key keep their order. One that is not acked may still have arrived: send it again
        with the same id. Raises Overloaded when nothing more fits; nothing of the call counts as sent then.
        """
        if not records:
            return []
        batch = _Batch(len(records))
        for index, record in enumerate(records):
            self._produce(record, partial(batch.report, index))
        batch.done.wait(timeout)
        return batch.causes

    def _produce(self, record: Sendable, report: Any) -> None:
        where: dict[str, Any] = {} if record.partition is None else {"partition": record.partition}
        try:
            self._client.produce(
                record.topic,
                record.value,
                record.key,
                headers=list(record.headers),
                on_delivery=report,
                **where,
            )
        except BufferError as error:
            raise Overloaded("the broker takes less than comes in") from error
        except KafkaException as error:  # too large: refused before it is queued
            report(error.args[0], None)

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._client.poll(0.1)

    def close(self, timeout: float = 5) -> None:
        """Waits for what is under way, gives up what does not leave in time, gives the connections back."""
        if self._client.flush(timeout):
            self._client.purge()
            self._client.flush(1)
        self._closed.set()
        self._poller.join(timeout)
