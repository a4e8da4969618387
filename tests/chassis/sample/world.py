"""The sample's surroundings: its own topics on the shared broker, its own database, its processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Event as Stop
from threading import Thread
from types import SimpleNamespace
from typing import IO, Any
from uuid import UUID

import psycopg
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic as Topic  # type: ignore[attr-defined]

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.clock import SystemClock
from chassis.consumer import ConsumerLoop, Consumers
from chassis.consumer.records import RawRecord, raw_record
from chassis.db import Database, UnitOfWork, libpq_url
from chassis.ids import tenant_id
from chassis.migrations import migrate
from chassis.outbox import Publisher
from chassis.relay import Relay
from chassis.testing import packaged_codec
from tests.chassis.sample import service
from tests.topics import records

ACME, ZENITH = tenant_id("acme"), tenant_id("zenith")
VERSIONS = Path(__file__).parent / "migrations" / "versions"
PARTITIONS = 4
PATIENCE = 180.0
"""Seconds for what takes two or three on a calm machine; a loaded one is the normal case."""
SCALE = float(os.environ.get("FAULT_SCALE", "0.05"))


def scaled(count: int, least: int = 1) -> int:
    """So many of a count as FAULT_SCALE asks for."""
    return max(least, round(count * SCALE))


@dataclass
class World:
    """Where the sample lives. The contract is the real one, under topic names of this test alone."""

    name: str
    kafka: str
    urls: dict[str, str]
    settings: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.settings = SimpleNamespace(kafka_bootstrap=self.kafka, instance=self.name)

    @classmethod
    def create(cls, name: str, kafka: str, urls: dict[str, str]) -> "World":
        """Makes tables and topics."""
        world = cls(name, kafka, urls)
        migrate(urls["owner"], "sample", VERSIONS)
        admin = AdminClient({"bootstrap.servers": kafka})
        for made in admin.create_topics([Topic(t, PARTITIONS, 1) for t in world.catalogue.topics]).values():
            made.result(30)
        eventually(world.led)
        return world

    def led(self) -> bool:
        """Whether every partition answers: a new one has no leader for a moment."""
        reader = Consumer({"bootstrap.servers": self.kafka, "group.id": "reader"})
        try:
            for topic in self.catalogue.topics:
                for number in range(PARTITIONS):
                    reader.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        except KafkaException:
            return False
        finally:
            reader.close()
        return True

    @property
    def topic(self) -> str:
        """The topic that the sample writes and reads."""
        return f"{self.name}.lead"

    @cached_property
    def catalogue(self) -> Catalogue:
        """Topics of leads under this world's names."""
        real = Catalogue.load().topics
        kept = {"lead": "leads.lead", "key": "leads.subject-key", "dead-letter": "leads.dead-letter",
                "repair": "leads.repair", "inbound": "engagement.inbound"}  # fmt: skip
        return Catalogue(
            {f"{self.name}.{s}": replace(real[t], name=f"{self.name}.{s}") for s, t in kept.items()}
        )

    @cached_property
    def codec(self) -> Codec:
        """Encodes and decodes without a registry."""
        return packaged_codec(self.catalogue)

    @cached_property
    def database(self) -> Database:
        """As the app role."""
        publisher = Publisher(self.codec, self.catalogue, "sample")
        return Database(self.urls["app"], clock=SystemClock(), publisher=publisher)

    @contextmanager
    def unit(self, tenant: UUID = ACME) -> Iterator[UnitOfWork]:
        """A unit of work."""
        with self.database.unit_of_work(tenant, "system:test") as uow:
            yield uow

    def change(self, number: int, times: int = 1, tenant: UUID = ACME, *, poison: bool = False) -> None:
        """Writes versions of a lead."""
        for _ in range(times):
            with self.unit(tenant) as uow:
                service.change(uow, self.topic, service.lead(number), poison=poison)

    # --- roles

    @contextmanager
    def relay(self, **options: Any) -> Iterator[Relay]:
        """A relay in a thread."""
        relay = Relay(self.urls["relay"], self.kafka, **options)
        with running(relay.run):
            yield relay

    @contextmanager
    def consumer(self, consumers: Consumers, **options: Any) -> Iterator[Stop]:
        """A consumer in a thread; what is given is set when it has ended."""
        with running(ConsumerLoop(consumers, self, **options).run) as ended:
            yield ended

    @contextmanager
    def process(
        self, role: str, *arguments: object, **environment: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """A role in a process of its own, killed at the end."""
        process = self.spawn(role, *arguments, output=None, **environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def spawn(
        self, role: str, *arguments: object, output: IO[bytes] | None = None, **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Starts a role in a process of its own."""
        here = {"name": self.name, "kafka": self.kafka, "urls": self.urls}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chassis.sample", role, *map(str, arguments)],
            env={**os.environ, "SAMPLE": json.dumps(here), **environment},
            stdout=output,
        )

    # --- what there is

    def read(self, topic: str = "") -> list[RawRecord]:
        """Every record of a topic, those of a partition in their order."""
        return [raw_record(message) for message in records(self.kafka, topic or self.topic)]

    def versions_read(self) -> list[tuple[str, int]]:
        """Lead and version of each record of the topic, those of a partition in their order."""
        records = [self.codec.decode(self.topic, raw.value)[1] for raw in self.read()]
        return [(record["lead_id"], record["version"]) for record in records]

    def append(self, records: list[RawRecord], topic: str = "") -> None:
        """Writes records as they are: what a relay does that was killed before it could delete."""
        writer = Producer({"bootstrap.servers": self.kafka, "partitioner": "murmur2_random"})
        for raw in records:
            writer.produce(topic or raw.topic, raw.value, raw.key, raw.partition, headers=list(raw.headers))
        assert writer.flush(30) == 0

    def sql(self, statement: str, *values: object, role: str = "relay") -> list[Any]:
        """What a statement gives to a role; the relay sees every tenant."""
        with psycopg.connect(libpq_url(self.urls[role]), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def drained(self) -> bool:
        """Whether the outbox is empty."""
        return not self.sql("SELECT 1 FROM outbox LIMIT 1", role="relay")

    def trails(self, tenant: UUID = ACME) -> dict[str, str]:
        """What the consumer has applied."""
        with self.unit(tenant) as uow:
            return service.trails(uow)

    def whole_trails(self, tenant: UUID = ACME) -> dict[str, str]:
        """What it should have applied."""
        with self.unit(tenant) as uow:
            return {lead: service.whole(version) for lead, version in service.versions(uow).items()}

    def caught_up(self) -> bool:
        """Whether everything accepted was applied."""
        return self.trails() == self.whole_trails()


@contextmanager
def running(work: Callable[[Stop], None]) -> Iterator[Stop]:
    """Runs something in a thread until the end of the block, and tells of its failure there."""
    stop, ended, failures = Stop(), Stop(), list[BaseException]()

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:
            failures.append(error)
        finally:
            ended.set()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join(30)
    if failures:
        raise failures[0]


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Waits until a condition holds; fails after so many seconds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to pass in time"
        time.sleep(0.05)


__all__ = ["ACME", "PATIENCE", "SCALE", "ZENITH", "World", "eventually", "running", "scaled"]
