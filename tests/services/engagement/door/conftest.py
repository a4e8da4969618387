"""The engagement service as a real process on real parts, and the ways in and out of it."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import psycopg
import pytest

from chassis.auth import Caller, SigningKey, make_signing_key, mint_token
from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry, RegistryUnavailable, bring
from chassis.clock import SystemClock, millis
from chassis.headers import cloud_event
from chassis.ids import NOBODY, new_id, tenant_id, user_id
from chassis.pii import Vault
from chassis.producer import Producer, Sendable
from chassis.runtime import patiently
from deploy.local.free_ports import free_port
from deploy.local.postgres import Postgres
from services.engagement.settings import EngagementSettings
from tests.topics import records

T = TypeVar("T")
PATIENCE = 120.0


def eventually(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What `look` gives once it is something. Raises AssertionError when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


@dataclass
class Door:
    """A running engagement service."""

    url: str
    kafka: str
    key: SigningKey
    settings: EngagementSettings
    codec: Codec
    producer: Producer
    http: httpx.Client

    def token(self, tenant: str = "acme", role: str = "marketing") -> dict[str, str]:
        """The header of somebody of the tenant who is signed in."""
        id = tenant_id(tenant)
        caller = Caller(id, user_id(id, role), role, frozenset({role}))
        return {"Authorization": f"Bearer {mint_token(self.key, self.settings, caller)}"}

    def call(self, method: str, path: str, tenant: str = "acme", **more: Any) -> httpx.Response:
        """A request of somebody who is signed in."""
        role = more.pop("role", "marketing")
        return self.http.request(method, path, headers=self.token(tenant, role), **more)

    def write_key(self, tenant: str = "acme", **tables: Any) -> str:
        """The key of a new source."""
        name = uuid.uuid4().hex
        source = self.call("POST", "/api/engagement/sources", tenant, json={"name": name, **tables})
        assert source.status_code == 201, source.text
        made = self.call("POST", f"/api/engagement/sources/{source.json()['id']}/write-keys", tenant)
        assert made.status_code == 201, made.text
        return str(made.json()["write_key"])

    def send(self, key: str, *batch: Any, **more: Any) -> httpx.Response:
        """A batch of events."""
        return self.http.post("/v1/batch", auth=(key, ""), json={"batch": list(batch), **more})

    def readiness(self) -> tuple[int, str]:
        """Status and state as a load balancer is told them."""
        answer = self.http.get("/readyz")
        return answer.status_code, answer.json()["state"]

    def lead(self, email: str, tenant: str = "acme", **more: Any) -> UUID:
        """A lead is created, as the leads service tells it."""
        id, hash = new_id(), Vault(self.settings.pii_key).email_hash(tenant_id(tenant), email)
        facts = {"status": "new", "lead_source": "manual", "facts": {"has_email": True}, "email_hash": hash}
        created = {"created_at": millis(SystemClock().now()), "actor": "system:test", **facts, **more}
        self.tell("leads.lead", "LeadCreated", tenant, lead_id=str(id), **created)
        return id

    def tell(self, topic: str, type: str, tenant: str = "acme", **fields: Any) -> None:
        """Another service tells a fact; its first field names the thing."""
        owner, thing = tenant_id(tenant), next(iter(fields.values()))
        record = {"event_id": str(new_id()), "tenant_id": str(owner), **fields}
        record = {"version": 1, "occurred_at": millis(SystemClock().now()), **record}
        source, _, _ = topic.partition(".")
        headers = cloud_event(id=record["event_id"], type=f"salescompass.{source}.{type}",
                              source=f"/{source}", tenant=str(owner))  # fmt: skip
        value = self.codec.encode(topic, type, record)
        assert self.producer.send([Sendable(topic, f"{owner}:{thing}".encode(), value, headers)]) == [None]

    def events(self, lead: UUID, tenant: str = "acme", role: str = "marketing") -> list[dict[str, Any]]:
        """Stored events of a lead, as somebody is shown them."""
        answer = self.call("GET", f"/api/engagement/events?lead_id={lead}", tenant, role=role)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def read(self, topic: str) -> list[tuple[bytes, dict[str, str], dict[str, Any]]]:
        """Every record of a topic: key, headers, fields."""
        found = []
        for message in records(self.kafka, topic):
            headers = {name: value.decode() for name, value in message.headers()}
            found.append((message.key(), headers, self.codec.decode(topic, message.value())[1]))
        return found

    def rows(self, query: str, tenant: UUID = NOBODY) -> list[tuple[Any, ...]]:
        """What the database holds for a tenant, or for none."""
        with psycopg.connect(self.settings.database_url.get_secret_value()) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant)])
            return connection.execute(query.encode()).fetchall()

    def recorded(self, lead: UUID, number: int = 1) -> list[dict[str, Any]]:
        """What scoring gets to see of a lead, once it is so many events."""

        def look() -> list[dict[str, Any]]:
            read = [record for _, _, record in self.read("engagement.recorded")]
            found = [record for record in read if record["lead_id"] == str(lead)]
            return found if len(found) >= number else []

        return eventually(look)


@dataclass
class Running:
    """The environment of a service process, and the process."""

    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, *roles: str) -> None:
        """Starts the process; its output goes to the log."""
        command = [sys.executable, "-m", "services.engagement", *roles]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, env=self.env, stdout=out, stderr=out)

    def stop(self) -> int:
        """Asks it to end; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(25)


@pytest.fixture(scope="package")
def running(
    kafka: str, registry: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A migrated database and the environment to run the service in."""
    patiently(lambda: bring(kafka, registry), RegistryUnavailable, threading.Event())
    name = f"engagement_{uuid.uuid4().hex[:12]}"
    urls, home = postgres.ensure(name, "engagement"), tmp_path_factory.mktemp("engagement")
    env = {
        **os.environ,
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP": kafka,
        "REGISTRY_URL": registry,
        "AUTH_JWKS": str(home / "jwks.json"),
        "ENGAGEMENT_DATABASE_URL": urls["app"],
        "ENGAGEMENT_OWNER_DATABASE_URL": urls["owner"],
        "ENGAGEMENT_RELAY_DATABASE_URL": urls["relay"],
        "ENGAGEMENT_PORT": str(free_port()),
        "ENGAGEMENT_OPS_PORT": str(free_port()),
        "ENGAGEMENT_KEY_SECONDS": "1",
        "ENGAGEMENT_EVENTS_PER_SECOND": "2500",
        "INSTANCE": name,
    }
    make_signing_key(home)
    yield Running(env, home / "log")
    postgres.drop(name)


@pytest.fixture(scope="package")
def door(running: Running, kafka: str, registry: str) -> Iterator[Door]:
    """The service, with all its roles in one process."""
    running.start("migrate", "api", "consume", "relay")
    url = f"http://127.0.0.1:{running.env['ENGAGEMENT_PORT']}"
    key = make_signing_key(running.log.parent)
    settings = EngagementSettings.model_validate(
        {
            "environment": "local",
            "kafka_bootstrap": kafka,
            "registry_url": registry,
            "database_url": running.env["ENGAGEMENT_DATABASE_URL"],
        }
    )
    with Registry(registry) as schemas:
        codec = Codec.start(Catalogue.load(), schemas)
    producer = Producer(kafka, "test")
    with httpx.Client(base_url=url, timeout=20) as http:
        try:
            eventually(lambda: _answers(http, running), seconds=120)
            yield Door(url, kafka, key, settings, codec, producer, http)
        finally:
            producer.close()
            code = running.stop()
    assert code == 0, running.log.read_text()[-4000:]


def _answers(http: httpx.Client, running: Running) -> bool:
    assert running.process is not None
    assert running.process.poll() is None, running.log.read_text()[-4000:]
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
