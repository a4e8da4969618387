"""What a sender sees when something is away, and what is true after it: nothing lost or twice (G1, G12)."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from segment.analytics.client import Client

from chassis.clock import SystemClock
from chassis.db import Database, DatabaseUnavailable
from deploy.local.free_ports import free_port
from deploy.local.postgres import Postgres
from services.engagement.write_keys import Doorkeeper
from tests.services.engagement.door.conftest import Door, Running, eventually


class Flaky(BaseHTTPRequestHandler):
    """Passes requests on; the first answer is lost on its way back, so the sender sees a 503."""

    server: "Lossy"

    def do_POST(self) -> None:
        """Forwards, and forgets the first answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
        answer = httpx.post(self.server.target + self.path, content=body, headers=headers, timeout=20)
        self.server.answers.append(answer.json())
        self.send_response(503 if len(self.server.answers) == 1 else answer.status_code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Lossy(ThreadingHTTPServer):
    """A server on the way to the real one."""

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Flaky)
        self.target = target
        self.answers: list[dict[str, Any]] = []


@contextmanager
def lossy(target: str) -> Iterator[Lossy]:
    """Serves while the block runs."""
    server = Lossy(target)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_sdk_sends_again_after_a_503_and_nothing_counts_twice(door: Door) -> None:
    email = f"{uuid.uuid4().hex}@acme.example"
    lead = door.lead(email)
    with lossy(door.url) as server:
        sdk = Client(door.write_key(), host=f"http://127.0.0.1:{server.server_port}", max_retries=3)
        for number in range(5):
            sdk.track(email, "Email Opened", {"email_id": str(number)})
        sdk.shutdown()
        first, again = ([r["message_id"] for r in a["results"]] for a in server.answers[:2])
    assert first == again
    sdk = Client(door.write_key(), host=door.url)
    sdk.track(email, "Demo Requested")
    sdk.shutdown()
    assert len(door.recorded(lead, 6)) == 6
    assert len(door.events(lead)) == 6


@contextmanager
def database_away(postgres: Postgres, name: str) -> Iterator[None]:
    """Nobody gets to the database while the block runs."""
    away = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(away.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        connection.execute(away.format(sql.Identifier(name), sql.SQL("true")))


def test_events_come_in_while_the_database_is_away_and_are_stored_afterwards(
    door: Door, running: Running, postgres: Postgres
) -> None:
    email, key, unknown = f"{uuid.uuid4().hex}@acme.example", door.write_key(), door.write_key()
    lead = door.lead(email)
    event = {"type": "track", "event": "Demo Requested", "userId": email, "messageId": "1"}
    assert door.send(key, event).status_code == 202
    assert door.recorded(lead)
    with database_away(postgres, running.env["INSTANCE"]):
        eventually(lambda: door.readiness() == (200, "degraded"))
        time.sleep(1.2)  # the key's time in memory is over: it is looked up again, in vain
        for number in range(2, 6):
            assert door.send(key, event | {"messageId": str(number)}).status_code == 202
        refused = door.send(unknown, event)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["content-type"] == "application/problem+json"
        assert door.call("GET", "/api/engagement/sources").status_code == 503
    assert len(door.recorded(lead, 5)) == 5
    eventually(lambda: door.send(unknown, event).status_code == 202)


def test_a_front_door_that_knows_no_key_is_not_ready_while_its_database_is_away() -> None:
    nowhere = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none", clock=SystemClock())
    with pytest.raises(DatabaseUnavailable):
        Doorkeeper(nowhere, SystemClock(), seconds=20).check_open()
    nowhere.close()


@pytest.fixture
def cut_off(running: Running, door: Door, tmp_path: Path) -> Iterator[str]:
    """A second process of the front door, whose broker is nowhere; its address."""
    env = running.env | {
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "ENGAGEMENT_PORT": str(free_port()),
        "ENGAGEMENT_OPS_PORT": str(free_port()),
    }
    other = Running(env, tmp_path / "log")
    other.start("api")
    url = f"http://127.0.0.1:{env['ENGAGEMENT_PORT']}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/livez").status_code == 200
        except httpx.TransportError:
            return False

    try:
        eventually(answers, seconds=120)
        yield url
    finally:
        other.stop()


def test_without_a_broker_the_sender_is_told_to_come_back(door: Door, cut_off: str) -> None:
    event = {"type": "track", "event": "Demo Requested", "userId": "u"}
    answer = httpx.post(
        f"{cut_off}/v1/batch", auth=(door.write_key(), ""), json={"batch": [event]}, timeout=30
    )
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
