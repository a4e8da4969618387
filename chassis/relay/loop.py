"""The relay's loop: hold shards, take rows, send, delete what the broker has."""

import time
from collections.abc import Sequence
from threading import Event
from typing import Any

import psycopg
import structlog
from confluent_kafka import KafkaError

from chassis.db import connect
from chassis.failpoints import reached
from chassis.relay import table
from chassis.relay.metrics import relay_metrics
from chassis.relay.sender import REFUSED, ProducerLost, Sender, Stopped
from chassis.relay.table import Connection, Row

BATCH = 2_000
POLL_SECONDS = 0.25
LOOK_AROUND_SECONDS = 1.0
PRUNE_SECONDS = 600.0
LAST_SECONDS = 5
"""For so long a stop waits for the broker."""
KEEP_DAYS = 14
"""For so long a resent event, or a repeated request, is known for what it is."""
TIMEOUTS = {"statement_timeout": 30_000, "lock_timeout": 5_000, "idle_session_timeout": 10_000}
"""Milliseconds. A process that stands still is idle to the server and loses session and locks (G10)."""

log = structlog.get_logger()


class _Stopping(Exception):
    """The process ends while the broker keeps a batch waiting: its rows stay where they are."""


class Relay:
    """Sends the events of a service's outbox. Several may run; each shard is sent by one at a time (F22)."""

    def __init__(
        self,
        database_url: str,
        bootstrap: str,
        *,
        name: str = "relay",
        batch: int = BATCH,
        producer: dict[str, Any] | None = None,
    ) -> None:
        self._url, self._bootstrap, self._name = database_url, bootstrap, name
        self._batch, self._settings = batch, producer
        self._metrics = relay_metrics()
        self.shards: set[int] = set()
        """Shards that this relay sends now."""

    def run(self, stop: Event) -> None:
        """Sends until `stop`; blocks. Waits out every error of database and broker with growing pauses."""
        pause = 0.1
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._session(stop)
            except _Stopping:
                return
            except (psycopg.OperationalError, ProducerLost) as error:
                log.warning("relay lost its surroundings", error=type(error).__name__, pause=pause)
                pause = 0.1 if time.monotonic() - began > 30 else min(pause * 2, 5.0)
                stop.wait(pause)

    def _session(self, stop: Event) -> None:
        """One connection's life: its locks and its deletes are on it, so neither outlives the other."""
        sender = Sender(self._bootstrap, self._name, self._settings)
        try:
            with connect(self._url, TIMEOUTS) as connection:
                _Session(self, connection, sender, stop).serve()
        finally:
            self.shards.clear()
            self._metrics.shards.set(0)
            sender.close()

    def look_around(self, connection: Connection) -> None:
        """Takes shards that are free and measures the table."""
        table.acquire(connection, self.shards)
        rows, oldest = table.waiting(connection)
        self._metrics.rows.set(rows)
        self._metrics.oldest.set(oldest)
        self._metrics.shards.set(len(self.shards))

    @property
    def batch(self) -> int:
        """Rows taken at once, at most."""
        return self._batch


class _Session:
    """The relay on one connection."""

    def __init__(self, relay: Relay, connection: Connection, sender: Sender, stop: Event) -> None:
        self._relay, self._connection, self._sender, self._stop = relay, connection, sender, stop
        self._patience = LAST_SECONDS
        self._stopped = Stopped()
        self._metrics = relay_metrics()
        self._look_at = self._prune_at = 0.0

    def serve(self) -> None:
        """Takes and sends; waits for a hint or 250 ms where nothing is to be sent."""
        table.listen(self._connection)
        while not self._stop.is_set():
            self._now_and_then()
            if not self._relay.shards or not self._pass():
                for _ in self._connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass

    def _now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._look_at:
            self._relay.look_around(self._connection)
            self._look_at = now + LOOK_AROUND_SECONDS
        if now >= self._prune_at and 0 in self._relay.shards:
            table.prune(self._connection, KEEP_DAYS)
            self._prune_at = now + PRUNE_SECONDS

    def _pass(self) -> bool:
        """Whether rows left the table."""
        rows = table.take(self._connection, self._relay.shards, self._stopped.keys(), self._relay.batch)
        if not rows:
            return False
        followers = [row for row in rows if row.parked]
        if followers:
            table.set_aside(self._connection, followers, "follows", "an earlier event of its key waits")
            rows = [row for row in rows if not row.parked]
        reached("relay.before_send")
        errors = self._sender.send(rows, self._still_here)
        reached("relay.before_delete")
        return self._settle(rows, errors) or bool(followers)

    def _still_here(self) -> None:
        """Tells the server that this session lives, while the broker keeps it waiting; not for ever (G17)."""
        self._connection.execute("SELECT 1")
        if self._stop.is_set():
            self._patience -= 1
            if self._patience < 0:
                raise _Stopping

    def _settle(self, rows: Sequence[Row], errors: dict[int, KafkaError]) -> bool:
        """Deletes the acknowledged prefix of every key; an error stops its key only."""
        broken: set[tuple[str, bytes]] = set()
        acked = []
        for index, row in enumerate(rows):
            if index in errors and row.order not in broken:
                self._failed(row, errors[index])
                broken.add(row.order)
            elif row.order not in broken:
                acked.append(row.id)
        if acked:
            table.delete(self._connection, acked)
            self._metrics.sent.inc(len(acked))
        return bool(acked)

    def _failed(self, row: Row, error: KafkaError) -> None:
        """A row that will never be sent goes to the dead letters; any other is tried again later."""
        refused = error.code() in REFUSED
        self._metrics.errors.labels("refused" if refused else "surroundings").inc()
        if refused:
            log.error("event refused by the broker", topic=row.topic, error=error.name(), row=row.id)
            table.set_aside(self._connection, [row], "refused", error.str())
        else:
            self._stopped.add(row.key)
