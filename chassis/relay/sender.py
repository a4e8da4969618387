"""Produces rows and says of each whether the broker has it."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from chassis.durable import DURABLE
from chassis.relay.table import Row

REFUSED = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.POLICY_VIOLATION,
        KafkaError._INVALID_ARG,
        KafkaError._UNKNOWN_PARTITION,
    }
)
"""Errors that the same row will always meet. All others belong to the surroundings."""

PRODUCER = {
    **DURABLE,
    "linger.ms": 2,  # a flush does not wait for it
    "batch.num.messages": 10_000,
    "batch.size": 1_000_000,
    "compression.type": "lz4",
    "delivery.timeout.ms": 30_000,
    "delivery.report.only.error": True,
    "socket.keepalive.enable": True,
}


class ProducerLost(ConnectionError):
    """The producer met a fatal error: another one has to be made."""


class Sender:
    """An idempotent producer. Not for several threads."""

    def __init__(self, bootstrap: str, client: str, settings: dict[str, Any] | None = None) -> None:
        self._producer = Producer(
            {**PRODUCER, "bootstrap.servers": bootstrap, "client.id": client, **(settings or {})}
        )
        self._errors: dict[int, KafkaError] = {}

    def send(self, rows: Sequence[Row], meanwhile: Callable[[], None]) -> dict[int, KafkaError]:
        """Sends rows in order and waits for every report; the errors by index, none where all is well.

        Blocks, for an outage 30 s; calls `meanwhile` about once a second, which may end it by raising: then
        nothing is known of any row. Raises ProducerLost.
        """
        self._errors = {}
        refused: set[tuple[str, bytes]] = set()
        for index, row in enumerate(rows):
            if row.order not in refused and not self._produce(index, row):
                refused.add(row.order)  # what comes after it must not arrive before it
        while self._producer.flush(1.0):
            meanwhile()
        if lost := [error for error in self._errors.values() if error.fatal()]:
            raise ProducerLost(str(lost[0]))
        return self._errors

    def _produce(self, index: int, row: Row) -> bool:
        """Whether the client took the row; it refuses one that is too large by itself."""
        while True:
            try:
                self._producer.produce(
                    row.topic,
                    value=row.value,
                    key=row.key,
                    partition=-1 if row.partition is None else row.partition,
                    headers=row.header_pairs(),
                    on_delivery=partial(self._report, index),
                )
                return True
            except BufferError:  # the client's queue is full: make room
                self._producer.poll(0.1)
            except KafkaException as error:
                self._errors[index] = error.args[0]
                return False

    def _report(self, index: int, error: KafkaError | None, _: object) -> None:
        if error is not None:
            self._errors[index] = error

    def close(self) -> None:
        """Gives up what is under way: its rows are still in the table."""
        self._producer.purge()
        self._producer.flush(1.0)


class Stopped:
    """Keys that met an error of the surroundings: left alone for a while, so that others go on."""

    PAUSE_SECONDS = 2.0

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}

    def add(self, key: bytes) -> None:
        """Leaves a key alone from now on for two seconds."""
        self._until[key] = time.monotonic() + self.PAUSE_SECONDS

    def keys(self) -> list[bytes]:
        """The keys that are to be left alone now."""
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return list(self._until)
