"""Peak memory of every process of the running system once it has 100,000 leads.

The leads come by the command that every way in uses, many to a transaction in place of one to a request;
from the outbox on everything is as always: relay, topics, scoring, alerts, consumers.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from pydantic import SecretStr

from bench.latency import running
from bench.measure import Figure, peak_memory_mb
from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.ids import tenant_id
from chassis.outbox import Publisher
from chassis.pii import Vault
from deploy.local import keys
from deploy.local.system import System
from services.leads.api.bodies.leads import NewLead, draft_of
from services.leads.commands import Entry, create_leads

LEADS, AT_ONCE = 100_000, 500
PATIENCE = 600
SCORES = "leads.score"


def measure(home: Path) -> list[Figure]:
    """Starts the whole system in `home`, brings the leads and waits until each has its score."""
    with running(home) as system:
        enter(system)
        wait_for_scores(system)
        return [
            Figure(f"peak memory of {name}, {LEADS:,} leads", "MB", {name: peak_memory_mb(pid)})
            for name, pid in processes(system)
        ]


def enter(system: System) -> None:
    """The leads and their events; a transaction at a time."""
    catalogue = Catalogue.load()
    with Registry(system.registry.url) as registry:
        publisher = Publisher(Codec.start(catalogue, registry), catalogue, "leads")
    vault = Vault(SecretStr(keys.secret(system.home, "pii")), "leads.subject-key")
    database = Database(system.databases["leads"]["app"], clock=SystemClock(), publisher=publisher)
    for first in range(0, LEADS, AT_ONCE):
        with database.unit_of_work(tenant_id("acme"), "system:bench") as uow:
            numbers = range(first, min(first + AT_ONCE, LEADS))
            create_leads(uow, vault, [Entry(draft(number, uow.now)) for number in numbers], "api")
    database.close()


def draft(number: int, now: datetime) -> dict[str, Any]:
    """What a caller of the API says of a lead, checked as there."""
    about = {"first_name": "Lea", "last_name": f"Number {number}", "company": f"Company {number % 5_000}"}
    body = NewLead.model_validate({**about, "email": f"lead-{number}@bench.example"})
    return draft_of(body, now)


def wait_for_scores(system: System) -> None:
    """Blocks until the stream has scored every lead; raises TimeoutError."""
    consumer = Consumer({"bootstrap.servers": system.kafka.bootstrap, "group.id": "bench-memory"})
    deadline = time.monotonic() + PATIENCE
    while sum(ends(consumer)) < LEADS:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sum(ends(consumer)):,} of {LEADS:,} leads are scored.")
        time.sleep(1)
    consumer.close()


def ends(consumer: Consumer) -> Iterator[int]:
    """How many scores each partition has."""
    for number in range(Catalogue.load().topic(SCORES).partitions):
        yield consumer.get_watermark_offsets(TopicPartition(SCORES, number), timeout=10)[1]


def processes(system: System) -> Iterator[tuple[str, int]]:
    """Name and pid of all that runs, but the backends of PostgreSQL."""
    ours = (program.process for program in system.programs())
    for process in (*system.kafka.processes, system.registry.process, *ours):
        if found := process.running():
            yield process.name, found.pid
