"""The role `clock`: the time as an input, a tick a minute into every partition, by one process at a time."""

import time
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from typing import Any

import psycopg
import structlog

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.clock import millis
from chassis.db import connect
from chassis.headers import cloud_event
from chassis.ids import NOBODY, new_id
from chassis.runtime import Runtime
from chassis.streams.kafka import KafkaWire
from chassis.streams.wire import StreamError, Wire

log = structlog.get_logger(__name__)

TOPIC = "clock.tick"
EVERY = 60.0
"""Seconds between two ticks of an undisturbed clock."""
LOOK = 0.2
"""Seconds after which a journey in time is noticed."""
LOCK = 0x71C4
TIMEOUTS = {"statement_timeout": 5_000, "idle_session_timeout": 10_000}
"""A process that stands still loses its session, and with it the lock."""


def run_clock(runtime: Runtime, stop: Event) -> None:
    """Ticks until `stop` is set, while this process holds the lock. Blocks."""
    production = runtime.settings.environment == "production"
    url = runtime.settings.database_url.get_secret_value()
    while not stop.is_set():
        try:
            with connect(url, TIMEOUTS) as session:
                _tick_while_leading(runtime, Leadership(session, production), stop)
        except (psycopg.Error, StreamError) as error:
            log.warning("clock_interrupted", cause=type(error).__name__)
            stop.wait(1)


class Leadership:
    """The session that holds the lock; what it reads comes over the same connection, so both end together."""

    def __init__(self, session: psycopg.Connection[Any], production: bool) -> None:
        self._session, self._production = session, production
        session.execute("SELECT set_config('app.tenant', %s, false)", [str(NOBODY)])

    def taken(self) -> bool:
        """Whether the lock could be had; it is kept until the session ends. Raises psycopg.Error."""
        row = self._session.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        return bool(row and row[0])

    def ahead(self) -> int:
        """Milliseconds that the business clock is ahead; 0 in production. Raises psycopg.Error."""
        row = self._session.execute("SELECT ahead_ms FROM clock_offset").fetchone()
        return int(row[0]) if row and not self._production else 0


def _tick_while_leading(runtime: Runtime, leadership: Leadership, stop: Event) -> None:
    while not leadership.taken():
        if stop.wait(1):
            return
    wire = KafkaWire(runtime.settings.kafka_bootstrap, f"{runtime.settings.instance}-clock")
    with closing(wire):
        ticker = Ticker(wire, runtime.codec, runtime.catalogue)
        told, due = -1, 0.0
        while not stop.is_set():
            ahead = leadership.ahead()
            if ahead != told or time.monotonic() >= due:
                ticker.tick(ahead)
                told, due = ahead, time.monotonic() + EVERY
            stop.wait(LOOK)


class Ticker:
    """Writes the time into every partition, with how far the inputs were at that time."""

    def __init__(self, wire: Wire, codec: Codec, catalogue: Catalogue) -> None:
        self._wire, self._codec = wire, codec
        self._inputs = timed_inputs(catalogue)
        self._partitions = catalogue.topic(TOPIC).partitions
        self._type = catalogue.full_name(TOPIC, "Tick")

    def tick(self, ahead: int) -> int:
        """One tick everywhere, `ahead` milliseconds before the wall clock; its time. Blocks for the acks.

        The time is taken before the ends, so that what was written until then is read before timers fire.
        """
        now = millis(datetime.now(UTC)) + ahead
        for partition in range(self._partitions):
            ends = {topic: self._wire.bounds(topic, partition)[1] for topic in self._inputs}
            value = self._codec.encode(TOPIC, "Tick", {"time": now, "offset": ahead, "ends": ends})
            headers = cloud_event(id=str(new_id()), source="/notifications/clock", type=self._type)
            self._wire.produce(TOPIC, partition, b"clock", value, headers)
        self._wire.flush()
        return now


def timed_inputs(catalogue: Catalogue) -> list[str]:
    """Inputs of the processors that read the clock: topics of facts, neither changelogs nor repairs."""
    timed = {reader for reader in catalogue.topic(TOPIC).readers if "/" in reader}
    return [
        topic.name
        for topic in catalogue.topics.values()
        if topic.name != TOPIC and topic.records and timed & set(topic.readers)
    ]
