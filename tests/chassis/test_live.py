"""The live stream: every event of the own tenant once, after it is stored, whatever breaks in between."""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from fastapi import Depends, Request, Response
from pydantic import SecretStr

from chassis.auth import Caller, SigningKey, make_signing_key, mint_token
from chassis.avro import Codec
from chassis.catalogue import Catalogue, ensure_topics
from chassis.clock import SystemClock
from chassis.consumer import Event, offsets
from chassis.db import Database
from chassis.headers import cloud_event
from chassis.http import CallerDep, Router, create_app
from chassis.ids import NOBODY
from chassis.live import Live, audience, source, stream
from chassis.migrations import migrate
from chassis.producer import Producer, Sendable
from chassis.testing import packaged_codec
from deploy.local.postgres import Postgres
from tests.chassis.http.conftest import VERSIONS, serve

LEADS, ALERTS = "leads.lead", "notifications.alert"
GROUP = "notifications"
SECONDS = 20


@dataclass(frozen=True)
class Settings:
    """What the live stream reads of settings."""

    auth_jwks: str
    kafka_bootstrap: str
    environment: str = "local"
    instance: str = "test"
    auth_issuer: str = "https://identity.test"
    auth_audience: str = "salescompass"
    gateways: str = "127.0.0.1"
    cursor_key: SecretStr = field(default_factory=lambda: SecretStr(base64.b64encode(b"k" * 32).decode()))


@dataclass
class Runtime:
    """What the live stream uses of a process."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    codec: Codec
    stop: threading.Event


@dataclass(frozen=True)
class Service:
    """A service that shows leads and alerts."""

    routers: tuple[Router, ...]
    name: str = "live"
    errors: dict[type[Exception], tuple[int, str]] = field(default_factory=dict)


def shown(event: Event) -> tuple[str, dict[str, Any]] | None:
    """A lead's status, or an alert that somebody saw to; one that cannot be shown is a bug here."""
    record = event.record
    if event.type == "LeadStatusChanged":
        return "status", {"status": record["status"], "n": record["version"], "actor": record["actor"]}
    return "alert", {"n": int(record["alert_id"])}


def live_router() -> Router:
    """Routes of a stream and of a list that says from where to listen."""
    live = Live((LEADS, ALERTS), shown, {ALERTS: GROUP}, visible=_may_see)
    router = Router(prefix="/api/live")

    @router.get("/stream")
    async def stream(request: Request, caller: CallerDep) -> Response:
        return await live.serve(request, caller)

    @router.get("/list")
    def listed(position: Annotated[str | None, Depends(live.position)]) -> dict[str, str | None]:
        return {"stream_position": position}

    return router


def _may_see(caller: Caller, event: Event) -> bool:
    return event.record.get("status") != "secret" or "admin" in caller.roles


class World:
    """Kafka, a database and a key; API processes are started over them."""

    def __init__(self, kafka: str, url: str, keys: Path) -> None:
        self.kafka, self.url = kafka, url
        self.key: SigningKey = make_signing_key(keys)
        self.settings = Settings(str(keys / "jwks.json"), kafka)
        self.catalogue = Catalogue.load()
        self.codec = packaged_codec(self.catalogue)
        self.producer = Producer(kafka, "test")
        self.database = Database(url, clock=SystemClock())

    @contextmanager
    def process(self, kafka: str | None = None) -> Iterator["Process"]:
        """An API process."""
        settings = Settings(self.settings.auth_jwks, kafka or self.kafka)
        runtime = Runtime(settings, self.database, self.catalogue, self.codec, threading.Event())
        for address in serve(create_app(Service((live_router(),)), runtime)):
            yield Process(self, address, runtime.stop)
            runtime.stop.set()

    def token(self, tenant: UUID, *roles: str) -> dict[str, str]:
        """The header of a caller."""
        caller = Caller(tenant, uuid4(), "ana", frozenset(roles))
        return {"Authorization": f"Bearer {mint_token(self.key, self.settings, caller)}"}

    def change(
        self, tenant: UUID, numbers: Sequence[int], status: str = "new", actor: str = "system:x"
    ) -> None:
        """Leads of a tenant move on; one lead for each number, so that all partitions have some."""
        self._send(LEADS, "LeadStatusChanged", tenant, [
            {"lead_id": str(uuid4()), "version": n, "occurred_at": 0, "actor": actor, "status": status,
             "previous": "x", "pinned": False, "seconds_in_previous": 0, "score": 1} for n in numbers
        ])  # fmt: skip

    def flood(self, tenant: UUID, count: int) -> None:
        """Many changes, some at a time."""
        for n in range(0, count, 40):
            self.change(tenant, range(n, n + 40))

    def alert(self, tenant: UUID, *numbers: int) -> None:
        """Somebody sees to alerts of one lead."""
        self._send(ALERTS, "AlertAcknowledged", tenant, [
            {"subject_id": str(tenant), "alert_id": str(n), "occurred_at": 0, "actor": "user:x"}
            for n in numbers
        ])  # fmt: skip

    def _send(self, topic: str, type: str, tenant: UUID, records: list[dict[str, Any]]) -> None:
        causes = self.producer.send([self._sendable(topic, type, tenant, record) for record in records])
        assert not any(causes), causes

    def _sendable(self, topic: str, type: str, tenant: UUID, record: dict[str, Any]) -> Sendable:
        own = {"event_id": str(uuid4()), "tenant_id": str(tenant)}
        name = self.catalogue.full_name(topic, type)
        headers = cloud_event(id=own["event_id"], type=name, source="/test", tenant=str(tenant))
        key = f"{tenant}:{record.get('lead_id') or record['subject_id']}"
        return Sendable(topic, key.encode(), self.codec.encode(topic, type, own | record), headers)

    def ends(self, topic: str) -> dict[tuple[str, int], int]:
        """Next offset of each partition."""
        consumer = source.open_consumer(self.kafka, "ends")
        places = [(topic, n) for n in range(self.catalogue.topic(topic).partitions)]
        try:
            return {place: high for place, (_, high) in source.bounds(consumer, places).items()}
        finally:
            consumer.close()

    def store(self) -> None:
        """The consumer of alerts has stored all that there is."""
        with self.database.unit_of_work(NOBODY, "test") as uow:
            ends = self.ends(ALERTS)
            offsets.create(uow.session, GROUP, dict.fromkeys(ends, (0, "id")))
            before = {place: at for place, (at, _) in offsets.load(uow.session, GROUP, ends).items()}
            offsets.move(uow.session, GROUP, before, ends)


@dataclass
class Process:
    """A running API process."""

    world: World
    address: str
    stop: threading.Event

    def position(self, tenant: UUID) -> str:
        """Where a list says to listen from."""
        answer = httpx.get(f"{self.address}/api/live/list", headers=self.world.token(tenant))
        return str(answer.json()["stream_position"])

    @contextmanager
    def listen(self, tenant: UUID, since: str | None = None, *roles: str) -> Iterator["Listener"]:
        """An open stream."""
        headers = self.world.token(tenant, *roles) | ({"Last-Event-ID": since} if since else {})
        with httpx.stream(
            "GET", f"{self.address}/api/live/stream", headers=headers, timeout=SECONDS
        ) as answer:
            assert answer.status_code == 200, answer.read()
            listener = Listener(answer)
            listener.next()  # where it begins
            yield listener


class Listener:
    """Reads Server-Sent Events as a browser does."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()
        self.id: str | None = None
        self.retry: int | None = None

    def next(self) -> tuple[str | None, Any]:
        """Name and data of the next block, None for a heartbeat. Raises StopIteration at the end."""
        name, data = None, None
        while (line := next(self._lines)) != "":
            label, _, value = line.partition(": ")
            match label:
                case "id":
                    self.id = value
                case "event":
                    name = value
                case "data":
                    data = json.loads(value)
                case "retry":
                    self.retry = int(value)
        return name, data

    def events(self, count: int) -> list[tuple[str | None, Any]]:
        """The next events with data."""
        found: list[tuple[str | None, Any]] = []
        deadline = time.monotonic() + SECONDS
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} events came"
            if (event := self.next())[1] is not None:
                found.append(event)
        return found

    def rest(self) -> list[tuple[str | None, Any]]:
        """All events with data until the stream ends."""
        found = []
        with contextlib.suppress(StopIteration):
            while True:
                if (event := self.next())[1] is not None:
                    found.append(event)
        return found

    def numbers(self, count: int) -> list[int]:
        """Numbers of the next events, sorted: partitions keep no order among each other."""
        return sorted(data["n"] for _, data in self.events(count))


@pytest.fixture(scope="module")
def world(kafka: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Topics as the contract says and a migrated database."""
    name = f"live_{uuid4().hex[:12]}"
    urls = postgres.ensure(name, "live")
    migrate(urls["owner"], "live", VERSIONS)
    found = World(kafka, urls["app"], tmp_path_factory.mktemp("keys"))
    ensure_topics(found.catalogue, kafka)
    wait_for_leaders(found)
    found.store()
    yield found
    found.producer.close()
    found.database.close()
    postgres.drop(name)


def wait_for_leaders(world: World) -> None:
    """Partitions that were just made have no leader for a moment."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            world.ends(LEADS), world.ends(ALERTS)
            return
        except KafkaException:
            assert time.monotonic() < deadline


@pytest.fixture(scope="module")
def process(world: World) -> Iterator[Process]:
    """An API process that the tests of this file share."""
    with world.process() as running:
        yield running


@pytest.fixture
def acme() -> UUID:
    """A tenant of this test alone."""
    return uuid4()


def test_what_happens_comes_to_all_who_listen_and_to_no_other_tenant(
    world: World, process: Process, acme: UUID
) -> None:
    globex = uuid4()
    with process.listen(acme) as ana, process.listen(acme) as ben, process.listen(globex) as eve:
        world.change(acme, range(50))
        world.change(globex, [99])
        assert ana.numbers(50) == ben.numbers(50) == list(range(50))
        assert eve.numbers(1) == [99]


def test_a_caller_sees_what_the_callers_roles_allow(world: World, process: Process, acme: UUID) -> None:
    with process.listen(acme) as rep, process.listen(acme, None, "admin") as admin:
        world.change(acme, [1], "secret")
        assert admin.numbers(1) == [1]
        world.change(acme, [2])
        assert rep.numbers(1) == [2]


def test_an_alert_is_shown_only_after_it_is_stored(world: World, process: Process, acme: UUID) -> None:
    with process.listen(acme) as ana:
        world.alert(acme, 1)
        world.change(acme, [2])
        assert ana.numbers(1) == [2]
        before = process.position(acme)
        world.store()
        assert ana.numbers(1) == [1]
    with process.listen(acme, before) as late:
        assert late.numbers(1) == [1], "a list read before it was stored must hear of it"


def test_who_comes_back_gets_what_was_missed_once(world: World, process: Process, acme: UUID) -> None:
    with process.listen(acme) as ana:
        world.change(acme, range(20))
        assert ana.numbers(20) == list(range(20))
    world.change(acme, range(20, 60))
    world.change(uuid4(), range(500))
    with process.listen(acme, ana.id) as back:
        world.change(acme, range(60, 70))
        assert back.numbers(50) == list(range(20, 70))
    with process.listen(acme, back.id) as again:
        world.change(acme, [70])
        assert again.numbers(1) == [70]


def test_a_reader_who_leaves_and_comes_back_during_a_flood_misses_and_repeats_nothing(
    world: World, process: Process, acme: UUID
) -> None:
    with world.process() as other, ThreadPoolExecutor(1) as pool:
        seen: list[int] = []
        since = process.position(acme)
        flood = pool.submit(world.flood, acme, 2000)
        while len(seen) < 2000:
            at = (process, other)[len(seen) % 2]
            with at.listen(acme, since) as ana:
                seen += ana.numbers(min(137, 2000 - len(seen)))
                assert ana.id is not None
                since = ana.id
        flood.result()
    assert sorted(seen) == list(range(2000))


def test_from_the_position_of_a_list_nothing_is_missed(world: World, process: Process, acme: UUID) -> None:
    since = process.position(acme)
    world.change(acme, [1])
    with process.listen(acme, since) as ana:
        assert ana.numbers(1) == [1]


@pytest.mark.parametrize("forge", ["AAAA", "", "not base64!", None])
def test_a_forged_position_or_another_tenants_means_load_again(
    world: World, process: Process, acme: UUID, forge: str | None
) -> None:
    since = process.position(uuid4()) if forge is None else process.position(acme)[:-8] + (forge or "\u00e9")
    headers = world.token(acme) | {"Last-Event-ID": since.encode("latin-1", "replace").decode("latin-1")}
    listen = httpx.stream(
        "GET", f"{process.address}/api/live/stream",
        headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()], timeout=SECONDS,
    )  # fmt: skip
    with listen as answer:
        ana = Listener(answer)
        assert ana.events(1)[0][0] == "reset"
        world.change(acme, [1])
        assert ana.numbers(1) == [1]


def test_beyond_retention_the_lists_are_loaded_again(world: World, process: Process, acme: UUID) -> None:
    since = process.position(acme)
    world.change(acme, range(30))
    admin = AdminClient({"bootstrap.servers": world.kafka})
    gone = admin.delete_records([TopicPartition(*place, end) for place, end in world.ends(LEADS).items()])
    for future in gone.values():
        future.result()
    with process.listen(acme, since) as ana:
        assert ana.events(1)[0][0] == "reset"
        world.change(acme, [1])
        assert ana.numbers(1) == [1]


def test_too_far_behind_the_lists_are_loaded_again(
    world: World, process: Process, acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "FARTHEST", 10)
    since = process.position(acme)
    with process.listen(acme) as watcher:
        world.change(acme, range(30))
        watcher.numbers(30)
    with process.listen(acme, since) as ana:
        assert ana.events(1)[0][0] == "reset"


def test_a_client_that_takes_nothing_is_cut_off_and_loses_nothing(
    world: World, process: Process, acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "LONGEST_QUEUE", 5)
    long = "system:" + "x" * 100_000
    with process.listen(acme) as slow:
        for n in range(100):
            world.change(acme, [n], actor=long)
        seen = [event[1]["n"] for event in slow.rest()]
        assert slow.retry
        assert len(seen) < 100
    monkeypatch.undo()
    with process.listen(acme, slow.id) as back:
        assert sorted(seen + back.numbers(100 - len(seen))) == list(range(100))


def test_a_quiet_stream_keeps_its_position_fresh(
    world: World, process: Process, acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(source, "FARTHEST", 50)
    with process.listen(acme) as ana:
        world.change(uuid4(), range(100))
        before, deadline = ana.id, time.monotonic() + SECONDS
        while process.position(acme) != ana.id or ana.id == before:
            assert time.monotonic() < deadline
            assert ana.next() == (None, None)
    with process.listen(acme, ana.id) as back:
        world.change(acme, [1])
        assert back.events(1) == [("status", {"status": "new", "n": 1, "actor": "system:x"})]


def test_a_stream_ends_with_its_process_and_says_when_to_come_back(world: World, acme: UUID) -> None:
    with world.process() as ending, ending.listen(acme) as ana:
        world.change(acme, [1])
        assert ana.numbers(1) == [1]
        began = time.monotonic()
        ending.stop.set()
        assert ana.rest() == []
        assert ana.retry
        assert time.monotonic() - began < 5
    with world.process() as next_, next_.listen(acme, ana.id) as back:
        world.change(acme, [2])
        assert back.numbers(1) == [2]


def test_a_process_that_starts_late_shows_what_was_not_yet_stored(world: World, acme: UUID) -> None:
    world.alert(acme, 7)
    with world.process() as late, late.listen(acme) as ana:
        world.store()
        assert ana.numbers(1) == [7]


def test_without_a_broker_lists_go_on_and_the_stream_says_later(world: World, acme: UUID) -> None:
    with world.process(kafka="127.0.0.1:1") as lonely:
        headers = world.token(acme)
        answer = httpx.get(f"{lonely.address}/api/live/list", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"stream_position": None})
        answer = httpx.get(f"{lonely.address}/api/live/stream", headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_nobody_listens_without_a_token(process: Process) -> None:
    assert httpx.get(f"{process.address}/api/live/stream").status_code == 401
