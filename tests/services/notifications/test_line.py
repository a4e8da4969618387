"""From a lead's facts on Kafka to alerts and inbox: processor, consumer and clock as in production."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis.avro import Codec
from chassis.catalogue import Catalogue, ensure_topics
from chassis.clock import millis
from chassis.consumer import ConsumerLoop
from chassis.db import Database
from chassis.headers import cloud_event
from chassis.ids import new_id
from chassis.producer import Producer, Sendable
from chassis.streams.kafka import KafkaWire
from chassis.streams.processor import run_processor
from chassis.streams.settings import Host, StreamSettings
from services.notifications.consumers import consumers
from services.notifications.processors import AlertFold
from services.notifications.ticking import Ticker
from tests.services.notifications.conftest import ACME, NOON, House

DAY = 86_400_000
WAIT = 60.0


@dataclass
class Around:
    """What a consumer needs of its process."""

    database: Database
    codec: Codec
    catalogue: Catalogue
    settings: Any


class Line:
    """A running processor and consumer, and the hands of the services that feed them."""

    def __init__(self, house: House, kafka: str) -> None:
        self.house, self.kafka = house, kafka
        self.producer = Producer(kafka, "test-line")
        self.stop = threading.Event()
        self.threads: list[threading.Thread] = []
        self.created: list[UUID] = []

    def start(self, host: Host) -> None:
        """Begins to fold and to consume."""
        codec, catalogue = self.house.codec, self.house.catalogue
        how = StreamSettings(self.kafka, f"test-line-{host}", host)
        around = Around(
            self.house.database,
            codec,
            catalogue,
            SimpleNamespace(kafka_bootstrap=self.kafka, instance="test-line"),
        )
        loop = ConsumerLoop(consumers, around)
        works: list[Callable[[], None]] = [
            lambda: run_processor(AlertFold(), how, codec, catalogue, self.stop),
            lambda: loop.run(self.stop),
        ]
        self.threads = [threading.Thread(target=work) for work in works]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        """Stops what runs."""
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        self.producer.close()

    def tell(self, topic: str, type: str, subject: UUID, **fields: Any) -> None:
        """One record about a lead of ACME."""
        record = {"event_id": str(new_id()), "tenant_id": str(ACME), "lead_id": str(subject), **fields}
        name = self.house.catalogue.full_name(topic, type)
        headers = cloud_event(id=record["event_id"], type=name, source="/leads", tenant=str(ACME))
        value = self.house.codec.encode(topic, type, record)
        self.send(Sendable(topic, f"{ACME}:{subject}".encode(), value, headers))

    def send(self, record: Sendable) -> None:
        """Sends until the broker has it: what was not acked is sent again with the same id."""
        deadline = time.monotonic() + WAIT
        while self.producer.send([record]) != [None]:
            assert time.monotonic() < deadline

    def create(self, subject: UUID, owner: UUID) -> None:
        """A new lead."""
        self.created.append(subject)
        now = millis(self.house.clock.now())
        named = {"version": 1, "status": "new", "owner_id": str(owner), "actor": "system:test"}
        rest = {"lead_source": "web_form", "facts": {}, "occurred_at": now, "created_at": now}
        self.tell("leads.lead", "LeadCreated", subject, **named, **rest)

    def score(self, subject: UUID, shown: int, sequence: int) -> None:
        """What the scoring processor says of it."""
        now = millis(self.house.clock.now()) + sequence
        points = {"raw": shown, "shown": shown, "previous_shown": 0, "fit": 0, "engagement": shown}
        cause = {"cause": "engagement", "cause_id": str(new_id()), "occurred_at": now, "recorded_at": now}
        lists = {"full": True, "grade": "D1", "rules_version": 1, "added": [], "removed": []}
        self.tell(
            "leads.score", "ScoreChanged", subject, epoch=1, sequence=sequence, **points, **cause, **lists
        )

    def alerts(self) -> list[tuple[Any, ...]]:
        """What is stored about the leads of this test: the broker has those of others too."""
        stored = f"SELECT kind, threshold, state FROM alerts WHERE {self._mine()}"  # noqa: S608
        return self.house.rows(f"{stored} ORDER BY kind, threshold")

    def count(self, table: str) -> int:
        """How many rows of a table are about them."""
        told = f"SELECT FROM {table} t JOIN alerts a ON a.id = t.alert_id WHERE {self._mine()}"
        return len(self.house.rows(told))

    def _mine(self) -> str:
        return f"subject_id IN ({', '.join(repr(str(lead)) for lead in self.created)})"

    def until(self, expected: list[tuple[Any, ...]]) -> None:
        """Waits for exactly these alerts."""
        deadline = time.monotonic() + WAIT
        while self.alerts() != expected and time.monotonic() < deadline:
            assert all(thread.is_alive() for thread in self.threads)
            time.sleep(0.05)
        assert self.alerts() == expected


@pytest.fixture
def line(house: House, kafka: str) -> Iterator[Line]:
    """Topics of the contract on a real broker."""
    ensure_topics(house.catalogue, kafka)
    made = Line(house, kafka)
    yield made
    made.end()


@pytest.mark.infra
def test_facts_become_alerts_in_the_inbox_and_days_later_a_lead_stagnates(line: Line, house: House) -> None:
    ana, jane = house.person("ana", "rep"), new_id()
    line.start("faust")
    line.create(jane, ana)
    for sequence in (1, 1, 2):
        line.score(jane, 92, sequence)
    crossed = [("high_value", 85, "open"), ("score_threshold", 40, "open"), ("score_threshold", 70, "open")]
    line.until(crossed)
    with closing(KafkaWire(line.kafka, "test-line-clock")) as wire:
        ahead = millis(NOON) + 8 * DAY - int(time.time() * 1000)
        Ticker(wire, house.codec, house.catalogue).tick(ahead)
    line.until([*crossed, ("stagnation", None, "open")])
    assert line.count("inbox_items") == 4
    assert line.count("messages") == 1
    line.score(jane, 60, 3)
    fell = [
        ("high_value", 85, "resolved"),
        ("score_threshold", 40, "open"),
        ("score_threshold", 70, "resolved"),
    ]
    line.until([*fell, ("stagnation", None, "open")])
