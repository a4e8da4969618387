"""Is this process alive, started, ready? Answers on a port of its own and, for an API, on its port too."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger(__name__)

PROBE_EVERY = 2.0
STALE_SECONDS = 15.0
"""A probe that has not come back for so long counts as failed."""

Answer = tuple[int, str, bytes]
"""Status, content type, body."""
Probe = Callable[[], object]
"""Raises when its part cannot be used; what it returns is ignored. May block for seconds."""


@dataclass
class _Check:
    probe: Probe
    needed: bool
    seen_at: float = 0.0
    fault: str | None = "not checked yet"

    def now(self) -> str | None:
        """What is wrong, or None."""
        if self.seen_at and time.monotonic() - self.seen_at > STALE_SECONDS:
            return "gives no answer"
        return self.fault


class Health:
    """What a process knows of itself. Probes run in a thread of their own, so that every answer is at once.

    Alive: its roles have not died. Started: everything that has to be there before work is there.
    Ready: started, not stopping, and every needed probe is well; one that is not needed makes it degraded.
    """

    def __init__(self) -> None:
        self._checks: dict[str, _Check] = {}
        self._started = self._stopping = False
        self._dead: str | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="health", daemon=True)

    def check(self, name: str, probe: Probe, *, needed: bool) -> None:
        """Adds a probe; it is asked every 2 seconds."""
        self._checks[name] = _Check(probe, needed)

    def start(self) -> None:
        """Begins to probe."""
        self._thread.start()

    def close(self) -> None:
        """Ends the probing; a probe under way is left to itself."""
        self._closed.set()

    def started(self) -> None:
        """All roles run."""
        self._probe_all()
        self._started = True

    def stopping(self) -> None:
        """From here on nothing new must be sent here."""
        self._stopping = True

    def died(self, role: str) -> None:
        """A role ended by an error, so the process is about to end."""
        self._dead = role

    def answer(self, path: str) -> Answer | None:
        """The answer to one of the four paths; None for any other. Does not block."""
        match path:
            case "/livez":
                return _said(self._dead is None, {"dead": self._dead} if self._dead else {})
            case "/startupz":
                return _said(self._started, {})
            case "/readyz":
                return self._readiness()
            case "/metrics":
                return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest()
        return None

    def _readiness(self) -> Answer:
        faults = {name: check.now() for name, check in list(self._checks.items())}
        broken = [name for name, fault in faults.items() if fault and self._checks[name].needed]
        ready = self._started and not (self._stopping or self._dead or broken)
        state = "ready" if ready else "stopping" if self._stopping else "not ready"
        if ready and any(faults.values()):
            state = "degraded"
        return _said(
            ready, {"state": state, "checks": {name: fault or "ok" for name, fault in faults.items()}}
        )

    def _watch(self) -> None:
        while not self._closed.wait(PROBE_EVERY):
            self._probe_all()

    def _probe_all(self) -> None:
        for name, check in list(self._checks.items()):
            fault = _fault(check.probe)
            if fault != check.fault and check.seen_at:
                log.warning("health_changed", check=name, fault=fault or "none")
            check.fault, check.seen_at = fault, time.monotonic()


def _fault(probe: Probe) -> str | None:
    try:
        probe()
    except Exception as error:
        return type(error).__name__  # the message may name addresses; it is in the log
    return None


def _said(well: bool, what: dict[str, Any]) -> Answer:
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return status, "application/json", json.dumps({"ok": well, **what}).encode()


class OpsServer:
    """Serves the four paths on a port of its own."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        """Raises OSError for a port that is taken; 0 takes a free one."""
        handler = type("Handler", (_Handler,), {"health": health})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="ops", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answers no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    health: Health
    timeout = 5

    def do_GET(self) -> None:
        """Answers one of the four paths, or 404."""
        status, kind, body = self.health.answer(self.path) or (404, "text/plain", b"not found\n")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a probe every second is no news."""


def with_health(app: Any, health: Health) -> Any:
    """The ASGI app with the four paths in front of it."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        answer = health.answer(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await app(scope, receive, send)
        else:
            await _send(answer, send)

    return served


async def _send(answer: Answer, send: Any) -> None:
    status, kind, body = answer
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
