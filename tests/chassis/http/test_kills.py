"""A process that dies around the commit: a retry under its key makes one effect and one answer (F16)."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from tests.chassis.http.conftest import Client, Runtime, keyed

SECONDS = 60


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def member(runtime: Runtime, port: int, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """The notes service as a process; ended at the end, if it still lives."""
    arguments = [runtime.url, runtime.settings.auth_jwks, str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chassis.http.member", *arguments],
        env=os.environ | {"FAILPOINT": failpoint},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the port answers."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the process does not serve")


@pytest.mark.parametrize(
    ("failpoint", "replayed"), [("http.after_commit", "true"), ("http.before_commit", None)]
)
def test_a_request_whose_answer_was_lost_is_done_once(
    runtime: Runtime, client: Client, failpoint: str, replayed: str | None
) -> None:
    ana, again, port = client("ana", uuid4()), keyed(), free_port()
    url = f"http://127.0.0.1:{port}/api/notes"
    with member(runtime, port, f"{failpoint}:kill") as doomed:
        with pytest.raises(httpx.TransportError):
            ana.post(url, json={"text": "once"}, headers=again)
        assert doomed.wait(SECONDS) == -9
    retried = ana.post("/api/notes", json={"text": "once"}, headers=again)
    assert (retried.status_code, retried.headers.get("Idempotency-Replayed")) == (201, replayed)
    assert ana.get("/api/notes").json()["items"] == [retried.json()]
