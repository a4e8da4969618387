"""Ingestion events/s through one front door against the same bytes produced straight to Kafka."""

import base64
import http.client
import itertools
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import orjson
from confluent_kafka import Producer

from bench.apis import api_of
from bench.measure import Figure, alone, make_topic
from cli.api import Api
from deploy.local import keys
from deploy.local.infra import Infra
from deploy.local.process import Process

BATCH, BATCHES, WARM_UP, THREADS = 100, 400, 40, 4
PAYLOAD = "bench.payload"
SERVICE, UNLIMITED = "engagement", "10000000"


def measure(infra: Infra) -> list[Figure]:
    """One api process takes batches from several clients; then a producer sends the same events."""
    assert infra.kafka is not None
    with api_of(infra, SERVICE, EVENTS_PER_SECOND=UNLIMITED) as (api, port):
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
