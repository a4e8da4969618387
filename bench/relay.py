"""Relay events/s against the raw way: read the same rows by COPY and produce them."""

import threading
import time
import uuid
from typing import Any

import orjson
import psycopg
from confluent_kafka import Producer

from bench.measure import Figure
from chassis.db import connect
from chassis.migrations import migrate
from chassis.outbox import shard_of
from chassis.relay import Relay
from deploy.local import seed
from deploy.local.infra import Infra

ROWS = 100_000
TOPIC = "leads.lead"
COPY_IN = "COPY outbox (tenant_id, event_id, shard, topic, partition, key, value, headers) FROM STDIN"


def measure(infra: Infra) -> list[Figure]:
    """Fills an outbox, empties it once raw and once by the relay."""
    assert infra.postgres is not None
    assert infra.kafka is not None
    urls = infra.postgres.ensure("bench_relay", "identity")
    migrate(urls["owner"], "identity", seed.VERSIONS)
    fill(infra.postgres.url("postgres", "bench_relay"), ROWS)
    raw = by_hand(infra.postgres.url("postgres", "bench_relay"), infra.kafka.bootstrap)
    ours = by_relay(urls["relay"], infra.kafka.bootstrap)
    infra.postgres.drop("bench_relay")
    speeds = {"relay": ROWS / ours, "COPY + produce": ROWS / raw}
    return [Figure("relay", "events/s", speeds, ">= 20,000 events/s")]


def fill(url: str, rows: int) -> None:
    """Events of 5,000 leads, 300 bytes each, as a service writes them."""
    tenant = uuid.uuid4()
    leads = [f"{tenant}:{uuid.uuid4()}".encode() for _ in range(5_000)]
    headers = orjson.dumps([("ce_id", str(tenant)), ("ce_type", "bench"), ("tenantid", str(tenant))])
    with psycopg.connect(url) as connection, connection.cursor().copy(COPY_IN) as copy:
        for number in range(rows):
            key = leads[number % len(leads)]
            row: tuple[Any, ...] = (
                tenant,
                uuid.uuid4(),
                shard_of(key),
                TOPIC,
                None,
                key,
                b"x" * 300,
                headers,
            )
            copy.write_row(row)


def by_hand(url: str, bootstrap: str) -> float:
    """Seconds to read all rows by COPY and produce them, without deleting."""
    began = time.perf_counter()
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
    out = "COPY (SELECT topic, key, value FROM outbox ORDER BY id) TO STDOUT (FORMAT BINARY)"
    with psycopg.connect(url) as connection, connection.cursor().copy(out) as copy:
        copy.set_types(["text", "bytea", "bytea"])
        for number, (topic, key, value) in enumerate(copy.rows()):
            while True:
                try:
                    producer.produce(topic, value, key)
                    break
                except BufferError:
                    producer.poll(0.1)
            if number % 1000 == 0:
                producer.poll(0)
    producer.flush()
    return time.perf_counter() - began


def by_relay(url: str, bootstrap: str) -> float:
    """Seconds in which the relay empties the outbox."""
    stop = threading.Event()
    began = time.perf_counter()
    relay = threading.Thread(target=Relay(url, bootstrap, name="bench").run, args=(stop,))
    relay.start()
    with connect(url, {"statement_timeout": 60_000}) as connection:
        while connection.execute("SELECT 1 FROM outbox LIMIT 1").fetchone():
            time.sleep(0.05)
    took = time.perf_counter() - began
    stop.set()
    relay.join()
    return took
