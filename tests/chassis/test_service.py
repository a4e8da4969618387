"""How a process of several roles starts, says that it is ready, and ends (G17)."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from chassis.catalogue import bring

Databases = Callable[[str], dict[str, str]]
START_SECONDS = 120
STOP_SECONDS = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def environment(kafka: str, registry: str, database: Databases, tmp_path: Path) -> dict[str, str]:
    bring(kafka, registry)
    urls = database("sample")
    keys = tmp_path / "jwks.json"
    keys.write_text('{"keys": []}')
    return {
        **os.environ,
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP": kafka,
        "REGISTRY_URL": registry,
        "AUTH_JWKS": str(keys),
        "INSTANCE": "sample-1",
        "MARK": str(tmp_path / "begun"),
        "SAMPLE_DATABASE_URL": urls["app"],
        "SAMPLE_OWNER_DATABASE_URL": urls["owner"],
        "SAMPLE_RELAY_DATABASE_URL": urls["relay"],
        "SAMPLE_PORT": str(free_port()),
        "SAMPLE_OPS_PORT": str(free_port()),
    }


class Started:
    """A process of the sample."""

    def __init__(self, roles: str, environment: dict[str, str], log: Path) -> None:
        self.ops = f"http://127.0.0.1:{environment['SAMPLE_OPS_PORT']}"
        self.api = f"http://127.0.0.1:{environment['SAMPLE_PORT']}"
        self.log = log
        with log.open("wb") as out:
            command = [sys.executable, "-m", "tests.chassis.roles", *roles.split()]
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.ops}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def wait_until(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not condition():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.05)

    def terminate(self) -> tuple[int, float]:
        """Exit code, and seconds until it came."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS + 5), time.monotonic() - began


Start = Callable[..., Started]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    started: list[Started] = []

    def run(roles: str, **more: str) -> Started:
        started.append(Started(roles, {**environment, **more}, tmp_path / f"{len(started)}.log"))
        return started[-1]

    yield run
    for one in started:
        one.process.kill()
        one.process.wait()


def test_a_request_under_way_is_answered_before_the_end(start: Start, environment: dict[str, str]) -> None:
    process = start("migrate api relay steady")
    process.wait_until(process.ready)
    assert httpx.get(f"{process.api}/readyz").json()["state"] == "ready"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.get, f"{process.api}/api/sample/slow", timeout=30)
        process.wait_until(Path(environment["MARK"]).exists)
        process.process.send_signal(signal.SIGTERM)
        process.wait_until(lambda: httpx.get(f"{process.ops}/readyz").status_code == 503)
        assert httpx.get(f"{process.ops}/livez").status_code == 200
        assert answer.result().json() == {"done": True}
    code, _ = process.terminate()
    assert code == 0, process.log.read_text()


def test_all_roles_end_in_time(start: Start) -> None:
    process = start("migrate api relay steady")
    process.wait_until(process.ready)
    code, seconds = process.terminate()
    assert code == 0, process.log.read_text()
    assert seconds < STOP_SECONDS


def test_a_role_that_fails_ends_the_process_with_an_error(start: Start) -> None:
    process = start("migrate steady failing")
    assert process.process.wait(START_SECONDS) == 1
    assert "role_failed" in process.log.read_text()


def test_a_role_that_does_not_listen_cannot_keep_the_process(start: Start) -> None:
    process = start("migrate steady stuck", STOP_SECONDS="1")
    process.wait_until(process.ready)
    code, seconds = process.terminate()
    assert code == 1
    assert seconds < STOP_SECONDS
    assert "stopped_too_slowly" in process.log.read_text()


def test_it_waits_for_the_registry_and_can_be_stopped_meanwhile(start: Start) -> None:
    process = start("steady", REGISTRY_URL="http://127.0.0.1:9")
    process.wait_until(lambda: "waiting" in process.log.read_text())
    assert httpx.get(f"{process.ops}/startupz").status_code == 503
    assert process.terminate()[0] == 0


def test_it_says_so_when_its_port_is_taken(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("migrate api", SAMPLE_PORT=str(taken.getsockname()[1]))
        assert process.process.wait(START_SECONDS) == 1
    assert "PortTaken" in process.log.read_text()


def test_a_role_that_it_does_not_have_is_a_wrong_argument(start: Start) -> None:
    process = start("dance")
    assert process.process.wait(START_SECONDS) == 2
    assert "invalid choice: 'dance'" in process.log.read_text()
