import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from chassis.health import Health, OpsServer, with_health


@pytest.fixture
def health() -> Health:
    return Health()


def state(health: Health, path: str = "/readyz") -> tuple[int, str]:
    answer = health.answer(path)
    assert answer is not None
    return int(answer[0]), json.loads(answer[2]).get("state", "")


def broken() -> None:
    raise ConnectionError("db.internal refused pat@example.com")


def test_ready_means_started_and_well(health: Health) -> None:
    health.check("database", lambda: None, needed=True)
    assert state(health) == (503, "not ready")
    assert state(health, "/startupz")[0] == 503
    health.started()
    assert state(health) == (200, "ready")
    assert state(health, "/startupz")[0] == 200


def test_what_is_not_needed_only_degrades(health: Health) -> None:
    health.check("kafka", broken, needed=False)
    health.started()
    assert state(health) == (200, "degraded")


def test_what_is_needed_takes_it_out_and_leaves_it_alive(health: Health) -> None:
    health.check("database", broken, needed=True)
    health.started()
    assert state(health) == (503, "not ready")
    assert state(health, "/livez")[0] == 200


def test_the_answer_names_the_part_and_not_its_address(health: Health) -> None:
    health.check("database", broken, needed=True)
    health.started()
    answer = health.answer("/readyz")
    assert answer is not None
    assert json.loads(answer[2])["checks"] == {"database": "ConnectionError"}


def test_it_is_not_ready_at_once_when_it_stops(health: Health) -> None:
    health.started()
    health.stopping()
    assert state(health) == (503, "stopping")
    assert state(health, "/livez")[0] == 200


def test_a_role_that_died_is_seen(health: Health) -> None:
    health.started()
    health.died("relay")
    assert state(health, "/livez")[0] == 503
    assert state(health)[0] == 503


def test_a_probe_that_hangs_counts_as_failed(health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, never = threading.Event(), threading.Event()
    asked = iter((False, True))

    def probe() -> None:
        if next(asked):
            entered.set()
            never.wait(10)

    health.check("database", probe, needed=True)
    health.started()
    assert state(health)[0] == 200
    monkeypatch.setattr("chassis.health.PROBE_EVERY", 0.01)
    monkeypatch.setattr("chassis.health.STALE_SECONDS", 0.2)
    health.start()
    assert entered.wait(5)
    assert not never.wait(0.3)
    assert state(health)[0] == 503
    never.set()
    health.close()


@pytest.fixture
def ops(health: Health) -> Iterator[str]:
    server = OpsServer(health, "127.0.0.1", 0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def test_the_four_paths_answer_on_a_port_of_their_own(health: Health, ops: str) -> None:
    health.started()
    answers = {
        path: httpx.get(ops + path) for path in ("/livez", "/readyz", "/startupz", "/metrics", "/else")
    }
    assert [answer.status_code for answer in answers.values()] == [200, 200, 200, 200, 404]
    assert "process_cpu_seconds_total" in answers["/metrics"].text


def test_a_taken_port_is_an_error(health: Health, ops: str) -> None:
    with pytest.raises(OSError, match="in use"):
        OpsServer(health, "127.0.0.1", int(ops.rpartition(":")[2]))


async def test_an_api_answers_them_too_and_keeps_its_own(health: Health) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        raise LookupError("reached the app")

    transport = httpx.ASGITransport(app=with_health(app, health))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        assert (await client.get("/readyz")).status_code == 503
        with pytest.raises(LookupError):
            await client.get("/api/leads")
