"""Ingestion events/s through one front door against the same bytes produced straight to Kafka."""

import base64
import http.client
import itertools
import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import orjson
from confluent_kafka import Producer

from bench.measure import Figure, alone, make_topic
from chassis.migrations import migrate, versions_of
from cli.api import Api
from deploy.local import keys
from deploy.local.home import ROOT, free_port
from deploy.local.infra import Infra
from deploy.local.process import Process

BATCH, BATCHES, WARM_UP, THREADS = 100, 400, 40, 4
PAYLOAD = "bench.payload"
SERVICE = "engagement"


def measure(infra: Infra) -> list[Figure]:
    """One api process takes batches from several clients; then a producer sends the same events."""
    assert infra.kafka is not None
    with front_door(infra) as (api, port):
        key = write_key(infra, port)
        alone(post, port, key, WARM_UP)
        before = cpu_of(api)
        ours = alone(post, port, key, BATCHES)
        spent = cpu_of(api) - before
    make_topic(infra.kafka.bootstrap, PAYLOAD)
    straight = alone(produce, infra.kafka.bootstrap, BATCHES)
    speeds = {"/v1/batch, 1 process": ours["rate"], "confluent-kafka": straight["rate"]}
    costs = {"/v1/batch": spent / (BATCH * BATCHES) * 1e6, "confluent-kafka": straight["cpu"]}
    return [Figure("ingestion", "events/s", speeds), Figure("ingestion", "CPU s per million", costs)]


@contextmanager
def front_door(infra: Infra) -> Iterator[tuple[Process, int]]:
    """The engagement api as a process of its own, with a migrated database; blocks until it is ready."""
    migrate(infra.databases[SERVICE]["owner"], SERVICE, versions_of(f"services.{SERVICE}.migrations"))
    port, ops = free_port(), free_port()
    api = Process(infra.home, "engagement-api")
    api.start([sys.executable, "-m", f"services.{SERVICE}", "api"], environment(infra, port, ops), ROOT)
    try:
        api.wait_until(lambda: answers(f"http://127.0.0.1:{ops}/readyz"))
        yield api, port
    finally:
        api.stop()


def environment(infra: Infra, port: int, ops: int) -> dict[str, str]:
    """What the process is told; its rate limit is out of the way."""
    assert infra.kafka is not None
    assert infra.registry is not None
    keys.signing_key(infra.home)
    return {
        **os.environ,
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP": infra.kafka.bootstrap,
        "REGISTRY_URL": infra.registry.url,
        "AUTH_JWKS": str(infra.home / "keys" / "jwks.json"),
        "ENGAGEMENT_DATABASE_URL": infra.databases[SERVICE]["app"],
        "ENGAGEMENT_PORT": str(port),
        "ENGAGEMENT_OPS_PORT": str(ops),
        "ENGAGEMENT_EVENTS_PER_SECOND": "10000000",
    }


def answers(url: str) -> bool:
    """Whether the address says that it is well."""
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def write_key(infra: Infra, port: int) -> str:
    """The key of a new source, made through the API."""
    with Api(f"http://127.0.0.1:{port}", keys.token(infra.home, "acme", "ada")) as api:
        source = api.post("/api/engagement/sources", {"name": "bench"}, key=str(uuid.uuid4()))
        made = api.post(f"/api/engagement/sources/{source['id']}/write-keys", {}, key=str(uuid.uuid4()))
    return str(made["write_key"])


def cpu_of(process: Process) -> float:
    """CPU seconds that a process has taken."""
    running = process.running()
    assert running is not None
    times = running.cpu_times()
    return float(times.user + times.system)


def batches(count: int) -> list[list[bytes]]:
    """Page views and clicks of a thousand people in Segment's shape, about 400 bytes each."""
    run = uuid.uuid4().hex[:8]
    numbers = itertools.count()
    return [[event(run, next(numbers)) for _ in range(BATCH)] for _ in range(count)]


def event(run: str, number: int) -> bytes:
    """One event."""
    path = ("/", "/pricing", "/blog", "/docs")[number % 4]
    return orjson.dumps(
        {
            "type": "page",
            "messageId": f"{run}-{number}",
            "anonymousId": f"browser-{number % 1000}",
            "timestamp": "2026-03-02T12:00:00.000Z",
            "name": "Page",
            "properties": {"path": path, "url": f"https://www.example.com{path}", "title": "Example"},
            "context": {"library": {"name": "analytics.js", "version": "2.0"}, "userAgent": "Mozilla/5.0"},
        }
    )


def post(port: int, key: str, count: int) -> dict[str, float]:
    """Sends `count` batches from several threads that keep their connections; raises when one is refused."""
    bodies = [b'{"batch":[' + b",".join(events) + b"]}" for events in batches(count)]
    parts = [bodies[start::THREADS] for start in range(THREADS)]
    together = threading.Barrier(THREADS + 1)
    with ThreadPoolExecutor(THREADS) as pool:
        senders = [pool.submit(send, port, key, part, together) for part in parts]
        together.wait()
        began = time.perf_counter()
        for sender in senders:
            sender.result()
    return {"rate": count * BATCH / (time.perf_counter() - began)}


def send(port: int, key: str, bodies: list[bytes], together: threading.Barrier) -> None:
    """One client: a request after the other over one connection."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    together.wait()
    for body in bodies:
        client.request("POST", "/v1/batch", body, headers)
        answer = client.getresponse()
        said = answer.read()
        if answer.status != 202:
            raise RuntimeError(f"{answer.status} {said[:300]!r}")
    client.close()


def produce(bootstrap: str, count: int) -> dict[str, float]:
    """The same events, each one record, until the broker has acknowledged all."""
    events = [event for batch in batches(count) for event in batch]
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5})
    producer.list_topics(PAYLOAD, timeout=10)
    began, cpu = time.perf_counter(), time.process_time()
    for number, value in enumerate(events):
        while True:
            try:
                producer.produce(PAYLOAD, value, f"browser-{number % 1000}")
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    return {"rate": len(events) / wall, "cpu": spent / len(events) * 1e6}
