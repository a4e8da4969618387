"""The consumer's loop: read, decode, apply, and wait out what is wrong around it."""

import time
from collections.abc import Sequence
from threading import Event as Stop
from typing import Any, Protocol

import structlog

from chassis.avro import Codec, SchemaUnavailable
from chassis.catalogue import Catalogue
from chassis.consumer import offsets
from chassis.consumer.errors import Overtaken, TopicRecreated
from chassis.consumer.metrics import consumer_metrics
from chassis.consumer.records import Decoder, Foreign, Item, Position, RawRecord, age_seconds
from chassis.consumer.registry import Consumers, Lane
from chassis.consumer.source import Source, SourceUnavailable
from chassis.consumer.worker import Worker
from chassis.db import Contended, Database, DatabaseUnavailable
from chassis.ids import NOBODY

BATCH = 500
HINT_SECONDS = 5.0
LONGEST_REST_SECONDS = 10.0
SURROUNDINGS = (DatabaseUnavailable, Contended, SchemaUnavailable, SourceUnavailable)
"""Errors that say nothing about the records: waited out, in the group, with growing pauses (F12, F14)."""

log = structlog.get_logger()


class Around(Protocol):
    """What a consumer needs of its process: `chassis.service.Runtime`."""

    @property
    def database(self) -> Database:
        """Of the service, as its app role."""

    @property
    def codec(self) -> Codec:
        """Of all topics that are read."""

    @property
    def catalogue(self) -> Catalogue:
        """The contract."""

    @property
    def settings(self) -> Any:
        """`kafka_bootstrap` and `instance`."""


class ConsumerLoop:
    """Runs the handlers of one lane in this process; more processes share the partitions."""

    def __init__(
        self,
        consumers: Consumers,
        around: Around,
        *,
        lane: Lane | None = None,
        batch: int = BATCH,
        client: dict[str, Any] | None = None,
    ) -> None:
        """Without a lane it reads all topics. `client`: settings of Kafka's client that differ from ours."""
        self._consumers, self._around = consumers, around
        self._lane = lane or Lane(consumers.group, consumers.topics)
        self._group, self._batch, self._client = consumers.group, batch, client or {}
        self._database = around.database
        self._decoder = Decoder(around.codec, around.catalogue, consumers.group)
        self._worker = Worker(around.database, consumers)
        self._metrics = consumer_metrics()
        self._expected: dict[Position, int] = {}
        self._pending: Sequence[RawRecord] = ()
        self._hint_at = 0.0

    def run(self, stop: Stop) -> None:
        """Consumes until `stop`; blocks. A batch under way is finished or rolled back whole.

        Raises TooManyFailures, OffsetLost or TopicRecreated where a person has to look.
        """
        settings = self._around.settings
        source = Source(settings.kafka_bootstrap, self._lane, settings.instance, self._client)
        source.subscribe()
        pause = 0.1
        try:
            while not stop.is_set():
                try:
                    self._turn(source)
                    pause = 0.1
                except SURROUNDINGS as error:
                    log.warning(
                        "consumer waits", group=self._lane.group, error=type(error).__name__, pause=pause
                    )
                    self._rest(source, min(pause, LONGEST_REST_SECONDS), stop)
                    pause = min(pause * 2, LONGEST_REST_SECONDS)
        finally:
            source.hint(self._mine(source))
            source.close()

    def _turn(self, source: Source) -> None:
        """One batch, or the beginning of newly given partitions."""
        if source.granted is not None:
            self._begin(source, source.granted)
        self._pending = self._pending or source.read(self._batch)
        if source.granted is not None:  # given while reading: what was read is of the time before
            self._pending = ()
            return
        try:
            self._work(source)
            self._now_and_then(source)
        except Overtaken:
            log.warning("consumer was overtaken", group=self._lane.group)
            self._pending = ()
            source.granted = set(source.held)

    def _work(self, source: Source) -> None:
        mine = [raw for raw in self._pending if self._is_next(source, raw)]
        items, unknown = self._decoded(mine)
        self._worker.process(items, self._expected)
        if unknown:
            raise unknown
        self._pending = ()
        if mine:
            behind = age_seconds(mine[-1], int(time.time() * 1000))
            self._metrics.behind.labels(self._lane.group).set(behind)

    def _is_next(self, source: Source, raw: RawRecord) -> bool:
        """Whether the record's partition is still ours and the record not applied yet."""
        return raw.position in source.held and raw.offset >= self._expected.get(raw.position, 1 << 62)

    def _decoded(self, records: Sequence[RawRecord]) -> tuple[list[Item], SchemaUnavailable | None]:
        """Items up to, per partition, the first record whose schema cannot be had now."""
        items: list[Item] = []
        unknown: dict[Position, SchemaUnavailable] = {}
        for raw in records:
            if raw.position in unknown:
                continue
            try:
                items.append(self._item(raw))
            except SchemaUnavailable as error:
                unknown[raw.position] = error
        return items, next(iter(unknown.values()), None)

    def _item(self, raw: RawRecord) -> Item:
        return Foreign(raw) if raw.topic in self._consumers.raw else self._decoder.decode(raw)

    def _begin(self, source: Source, granted: set[Position]) -> None:
        """Reads on from the stored positions, whatever Kafka's committed offset says."""
        ids = source.topic_ids({topic for topic, _ in granted})
        with self._database.unit_of_work(NOBODY, "system:consumer") as uow:
            stored = offsets.load(uow.session, self._group, granted)
            new = source.firsts(granted - stored.keys())
            offsets.create(uow.session, self._group, {p: (first, ids[p[0]]) for p, first in new.items()})
            stored = offsets.load(uow.session, self._group, granted)
        for (topic, _), (_, id) in stored.items():
            if ids[topic] != id:
                raise TopicRecreated(f"{topic} was deleted and made again; positions in it mean nothing now")
        self._pending = ()
        self._expected = {position: offset for position, (offset, _) in stored.items()}
        source.begin(self._expected)

    def _rest(self, source: Source, seconds: float, stop: Stop) -> None:
        """Stays in the group without reading. Short, so that a stop is heard."""
        until = time.monotonic() + seconds
        while not stop.is_set() and time.monotonic() < until:
            if not source.rest(min(0.5, seconds)):
                self._pending = ()
                source.granted = set(source.held)

    def _now_and_then(self, source: Source) -> None:
        if time.monotonic() < self._hint_at:
            return
        self._hint_at = time.monotonic() + HINT_SECONDS
        self._worker.store_passed(self._expected)
        mine = self._mine(source)
        source.hint(mine)
        lag = dict.fromkeys(self._lane.topics, 0)
        for position, end in source.ends(mine).items():
            lag[position[0]] += max(0, end - mine[position])
        for topic, records in lag.items():
            self._metrics.lag.labels(self._lane.group, topic).set(records)

    def _mine(self, source: Source) -> dict[Position, int]:
        return {p: offset for p, offset in self._expected.items() if p in source.held}
