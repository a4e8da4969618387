"""One origin: every path reaches its service, a live stream is not held back, what is down is said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from deploy.local.infra import SERVICES
from deploy.local.ports import DEFAULTS
from deploy.local.system import System


class Upstream(BaseHTTPRequestHandler):
    """Says which server answers which path; a stream sends one event and then waits for the test."""

    go_on = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path.endswith("/stream"):
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            self.go_on.wait(30)
        elif self.path.endswith("/headers"):
            heard = {name.lower(): value for name, value in self.headers.items()}
            self.wfile.write(json.dumps(heard).encode())
        else:
            self.wfile.write(f"{self.server.server_port} {self.path}".encode())  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps quiet."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A gateway before three services that answer; notifications is down."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PORTS", "free")
        for name in DEFAULTS:
            environment.delenv(f"{name.upper()}_PORT", raising=False)
        system = System(tmp_path_factory.mktemp("gateway"))
    up = [ThreadingHTTPServer(("127.0.0.1", system.ports[name]), Upstream) for name in SERVICES[:3]]
    for server in up:
        threading.Thread(target=server.serve_forever).start()
    gateway = system.gateway()
    gateway.start()
    gateway.process.wait_until(gateway.ready)
    yield system
    Upstream.go_on.set()
    gateway.process.stop()
    for server in up:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/batch", "engagement"),
        ("/api/engagement/events", "engagement"),
        ("/api/leads", "leads"),
        ("/api/leads/1/score?full=1", "leads"),
        ("/api/accounts/1/health", "accounts"),
    ],
)
def test_a_path_reaches_the_service_that_owns_it(system: System, path: str, service: str) -> None:
    answer = httpx.get(system.gateway_url + path)
    assert answer.text == f"{system.ports[service]} {path}"


def test_an_event_of_a_live_stream_arrives_before_the_stream_ends(system: System) -> None:
    with httpx.stream("GET", f"{system.gateway_url}/api/leads/stream", timeout=10) as answer:
        assert next(answer.iter_bytes()) == b"data: first\n\n"
        Upstream.go_on.set()


def test_the_gateway_alone_says_whose_call_it_is(system: System) -> None:
    said = {"x-real-ip": "203.0.113.9", "x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    heard = httpx.get(f"{system.gateway_url}/api/leads/headers", headers=said).json()
    assert heard["x-real-ip"] == "127.0.0.1"
    assert [name for name in heard if "forwarded" in name] == []


def test_a_path_that_nobody_owns_is_a_problem_404(system: System) -> None:
    answer = httpx.get(f"{system.gateway_url}/api/leadership")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_a_service_that_is_down_is_said_with_when_to_come_back(system: System) -> None:
    answer = httpx.get(f"{system.gateway_url}/api/notifications/inbox", timeout=30)
    assert answer.status_code in {502, 503}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]


def test_a_body_beyond_the_limit_is_refused_with_413(system: System) -> None:
    answer = httpx.post(f"{system.gateway_url}/v1/batch", content=b"x" * 10_000_001, timeout=30)
    assert answer.status_code == 413
