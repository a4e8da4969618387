"""Scoring events/s and CPU against a bare consume-and-decode loop, and Faust as it comes with a Table."""

import asyncio
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import Any

import faust
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.measure import Figure, alone, make_topic, peak_memory_mb
from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry
from chassis.ids import tenant_id
from chassis.streams.processor import run_processor
from chassis.streams.settings import StreamSettings
from deploy.local.infra import Infra
from services.leads.processors import ScoringFold
from services.leads.scoring import Engagement, Facts, RuleSet, default_rules, empty, step

LEADS, EVENTS, FAUST_EVENTS = 20_000, 400_000, 15_000
TENANT = str(tenant_id("bench"))
KINDS = ("email_opened", "website_visited", "email_clicked", "content_downloaded", "pricing_page_visited")
MEMORY_LEADS = 100_000
FAUST_SECONDS = 180
FAUST_SCORES = "bench.faust-scores"


def measure(infra: Infra) -> list[Figure]:
    """Facts of the leads first, then a run over restored states; peers read the same records."""
    assert infra.kafka is not None
    assert infra.registry is not None
    at = infra.kafka.bootstrap, infra.registry.url
    leads = [str(uuid.uuid4()) for _ in range(LEADS)]
    produce(*at, "leads.lead", "LeadCreated", (created(lead) for lead in leads))
    alone(score, *at, LEADS)
    produce(*at, "engagement.recorded", "EngagementRecorded", recorded(leads, EVENTS))
    ours = alone(score, *at, LEADS + EVENTS)
    bare = alone(read, *at)
    make_topic(at[0], FAUST_SCORES)
    faust = alone(plain_faust, *at)
    produce(
        *at, "leads.lead", "LeadCreated", (created(str(uuid.uuid4())) for _ in range(MEMORY_LEADS - LEADS))
    )
    memory = alone(score, *at, MEMORY_LEADS + EVENTS)["memory"]
    speeds = {"scoring": ours["rate"], "Faust with a Table": faust["rate"], "consume + decode": bare["rate"]}
    costs = {"scoring": ours["cpu"], "consume + decode": bare["cpu"], "Faust with a Table": faust["cpu"]}
    return [
        Figure("scoring, 1 process", "events/s", speeds, ">= 20x Faust"),
        Figure("scoring, 1 process", "CPU s per million", costs, "<= 4x consume + decode"),
        Figure("scoring, 100,000 leads", "MB peak", {"scoring": memory}),
    ]


def created(lead: str) -> dict[str, Any]:
    """Facts of a lead."""
    about = {"event_id": str(uuid.uuid4()), "tenant_id": TENANT, "lead_id": lead, "version": 1}
    at = {"occurred_at": 1_760_000_000_000, "created_at": 1_760_000_000_000, "actor": "system:bench"}
    nothing = dict.fromkeys(("owner_id", "account_id", "email_hash", "pii", "key_id"))
    facts = {"has_email": True, "has_company": True, "industry": "technology", "lead_source": "api"}
    return {**about, **at, **nothing, "status": "new", "lead_source": "api", "facts": facts}


def recorded(leads: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Engagement of all leads in turn, a minute apart per round."""
    source = str(uuid.uuid4())
    for number in range(count):
        at = 1_760_000_000_000 + number * 3
        yield {
            "event_id": str(uuid.uuid4()),
            "tenant_id": TENANT,
            "lead_id": leads[number % len(leads)],
            "kind": KINDS[number % len(KINDS)],
            "occurred_at": at,
            "received_at": at,
            "once_key": number,
            "path": None,
            "source_id": source,
        }


def produce(kafka: str, registry: str, topic: str, type: str, records: Iterator[dict[str, Any]]) -> None:
    """Writes records keyed by lead; blocks until all are acknowledged."""
    encode = codec(registry)[0].encode
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "linger.ms": 20})
    for record in records:
        value = encode(topic, type, record)
        while True:
            try:
                producer.produce(topic, value, f"{TENANT}:{record['lead_id']}".encode())
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def codec(registry: str) -> tuple[Codec, Catalogue]:
    """Reader and writer of the contract's records."""
    catalogue = Catalogue.load()
    with Registry(registry) as client:
        return Codec.start(catalogue, client), catalogue


def score(kafka: str, registry: str, outputs: int) -> dict[str, float]:
    """The scoring processor until `outputs` scores are written; rate from its first output on."""
    reader, catalogue = codec(registry)
    stop = threading.Event()
    settings = StreamSettings(bootstrap=kafka, client="bench", host="confluent")
    watched: dict[str, float] = {}
    watcher = threading.Thread(target=watch, args=(kafka, outputs, stop, watched))
    watcher.start()
    run_processor(ScoringFold(), settings, reader, catalogue, stop)
    watcher.join()
    cpu = watched["cpu"] / max(watched["count"], 1) * 1e6
    return {"rate": watched["count"] / watched["seconds"], "cpu": cpu, "memory": peak_memory_mb()}


def watch(kafka: str, outputs: int, stop: threading.Event, watched: dict[str, float]) -> None:
    """Tells when the scores are all there, and what they took since the first: without the restore."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "watch"})
    before = written(consumer)
    first = began = cpu = 0.0
    while (now := written(consumer)) < outputs:
        if now > before and not began:
            first, began, cpu = now, time.perf_counter(), time.process_time()
        time.sleep(0.2)
    watched["count"] = now - first
    watched["seconds"], watched["cpu"] = time.perf_counter() - began, time.process_time() - cpu
    consumer.close()
    stop.set()


def written(consumer: Consumer) -> int:
    """Scores in the topic."""
    places = (TopicPartition("leads.score", number) for number in range(12))
    return sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)


def read(kafka: str, registry: str) -> dict[str, float]:
    """A bare loop over the same records: consume and decode, nothing else."""
    decode = codec(registry)[0].decode
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    )
    consumer.assign([TopicPartition("engagement.recorded", number, 0) for number in range(12)])
    count, started, cpu = 0, 0.0, 0.0
    while count < EVENTS:
        for message in consumer.consume(4_000, 0.5):
            if not started:
                started, cpu = time.perf_counter(), time.process_time()
            decode("engagement.recorded", message.value())
            count += 1
    wall, spent = time.perf_counter() - started, time.process_time() - cpu
    consumer.close()
    return {"rate": count / wall, "cpu": spent / count * 1e6}


def plain_faust(kafka: str, registry: str) -> dict[str, float]:
    """Faust as its manual shows it: an agent, a Table, the same decode and the same step."""
    with TemporaryDirectory() as folder:
        return asyncio.run(fold_by_faust(kafka, registry, folder))


async def fold_by_faust(kafka: str, registry: str, folder: str) -> dict[str, float]:
    """Folds the first events; all of Faust is made inside the loop that it runs in."""
    app = faust.App(
        f"plain-{uuid.uuid4().hex[:6]}",
        broker=f"kafka://{kafka}",
        store="memory://",
        datadir=folder,
        topic_partitions=12,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
    )
    decode, rules = codec(registry)[0].decode, default_rules()
    source = app.topic("engagement.recorded", key_type=bytes, value_type=bytes, value_serializer="raw")
    scores = app.topic(FAUST_SCORES, value_serializer="json")
    table = app.Table("scores", default=dict, partitions=12)
    times: list[tuple[float, float]] = []
    finished = asyncio.Event()

    @app.agent(source)
    async def count(stream: Any) -> None:
        seen = 0
        async for key, value in stream.items():
            if seen in (0, FAUST_EVENTS):
                times.append((time.perf_counter(), time.process_time()))
            if seen == FAUST_EVENTS:
                finished.set()
            _, record = decode("engagement.recorded", value)
            table[key], raw = folded(table[key], record, rules)
            await scores.send(key=key, value={"raw": raw})
            seen += 1

    await until(app, finished)
    (wall, cpu), (wall_end, cpu_end) = times
    return {"rate": FAUST_EVENTS / (wall_end - wall), "cpu": (cpu_end - cpu) / FAUST_EVENTS * 1e6}


def folded(kept: dict[str, Any], record: dict[str, Any], rules: RuleSet) -> tuple[dict[str, Any], int]:
    """What the table keeps of a lead after one more event, and the points that it gave."""
    event = (record["event_id"], record["occurred_at"], record["kind"])
    state = step(empty(), Facts("facts", 0, 1, {"has_email": True}), rules)[0]
    outcome = step(state, Engagement(*event, record["once_key"]), rules)[1]
    return {"events": [*kept.get("events", []), event]}, outcome.raw if outcome else 0


async def until(app: faust.App, finished: asyncio.Event) -> None:
    """Runs the app until the work is done; raises when that takes too long."""
    await app.start()
    try:
        await asyncio.wait_for(finished.wait(), FAUST_SECONDS)
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(app.stop(), 10)
