"""One request is one transaction; a request sent again is done once (G11)."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from chassis.clock import SystemClock
from chassis.db import Database
from chassis.http import create_app
from chassis.http.transactions import Admission
from tests.chassis.http import notes
from tests.chassis.http.conftest import POOL, Client, Runtime, Service, keyed, serve, write
from tests.chassis.http.test_problems import problem


@pytest.fixture(autouse=True)
def gate() -> Iterator[threading.Event]:
    """Closed at the beginning of a test, open at its end."""
    notes.gate.clear()
    yield notes.gate
    notes.gate.set()


def test_what_an_answer_tells_is_committed(ana: httpx.Client) -> None:
    note = write(ana)
    assert ana.get(f"/api/notes/{note['id']}").json() == note


def test_a_request_sent_again_gets_the_first_answer(ana: httpx.Client) -> None:
    again = keyed()
    first, second = (ana.post("/api/notes", json={"text": "a"}, headers=again) for _ in range(2))
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert (second.headers["ETag"], second.headers["Idempotency-Replayed"]) == ('"1"', "true")
    assert second.headers["content-type"] == first.headers["content-type"]
    assert len(ana.get("/api/notes").json()["items"]) == 1


def test_fifty_at_once_under_one_key_are_one(ana: httpx.Client) -> None:
    again = keyed()
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda _: ana.post("/api/notes", json={"text": "a"}, headers=again), range(50))
        )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(ana.get("/api/notes").json()["items"]) == 1


def test_a_request_under_way_is_not_begun_again(ana: httpx.Client, gate: threading.Event) -> None:
    again = keyed()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(ana.post, "/api/notes", json={"text": "wait"}, headers=again) for _ in range(2)]
        refused, working = wait(both, timeout=9, return_when=FIRST_COMPLETED)
        gate.set()
        problem(refused.pop().result(), 409)
        assert working.pop().result().status_code == 201


def test_a_key_is_for_one_request(ana: httpx.Client) -> None:
    again = keyed()
    ana.post("/api/notes", json={"text": "a"}, headers=again)
    problem(ana.post("/api/notes", json={"text": "b"}, headers=again), 422)


def test_a_key_belongs_to_its_caller(client: Client) -> None:
    again, tenant = keyed(), uuid4()
    for caller in (client("ana", tenant), client("ben", tenant), client("ana", uuid4())):
        answer = caller.post("/api/notes", json={"text": caller.headers["Authorization"][:9]}, headers=again)
        assert "Idempotency-Replayed" not in answer.headers


def test_a_refused_request_may_be_put_right_under_its_key(ana: httpx.Client) -> None:
    again = keyed()
    problem(ana.post("/api/notes", json={"text": "locked"}, headers=again), 409)
    assert ana.post("/api/notes", json={"text": "free"}, headers=again).status_code == 201


@pytest.mark.parametrize("malformed", ["", "a" * 256, "a" * 300, "caf\xe9"])
def test_a_malformed_key_is_400(ana: httpx.Client, malformed: str) -> None:
    headers = [(b"Idempotency-Key", malformed.encode("latin-1"))]
    problem(ana.post("/api/notes", json={"text": "a"}, headers=headers), 400)


def test_a_key_of_255_characters_is_taken(ana: httpx.Client) -> None:
    assert ana.post("/api/notes", json={"text": "a"}, headers=keyed("k" * 255)).status_code == 201


def test_a_missing_key_is_400_where_it_is_required(ana: httpx.Client) -> None:
    problem(ana.post("/api/notes", json={"text": "a"}), 400)
    problem(ana.post("/api/notes/send"), 400)
    assert ana.post("/api/notes/send", headers=keyed("k")).json() == {"caller": "ana", "key": "k"}


def test_a_request_that_lost_a_race_is_done_again(client: Client) -> None:
    admin = client(roles=("admin",))
    note = write(admin)
    notes.collisions.extend([None] * 4)
    assert admin.post(f"/api/notes/{note['id']}/star").json()["stars"] == 1


def test_a_request_that_loses_every_race_is_told_to_come_back(client: Client) -> None:
    admin = client(roles=("admin",))
    note = write(admin)
    notes.collisions.extend([None] * 5)
    answer = admin.post(f"/api/notes/{note['id']}/star")
    problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert notes.collisions == []


def test_a_change_wants_the_version_that_was_read(ana: httpx.Client) -> None:
    path = f"/api/notes/{write(ana)['id']}"
    seen = ana.get(path).headers["ETag"]
    problem(ana.patch(path, json={"text": "b"}), 428)
    problem(ana.patch(path, json={"text": "b"}, headers={"If-Match": "1"}), 400)
    problem(ana.patch(path, json={"text": "b"}, headers={"If-Match": f"W/{seen}"}), 412)
    assert ana.patch(path, json={"text": "b"}, headers={"If-Match": f'"9", {seen}'}).json()["version"] == 2
    problem(ana.patch(path, json={"text": "c"}, headers={"If-Match": seen}), 412)
    assert ana.patch(path, json={"text": "c"}, headers={"If-Match": "*"}).status_code == 200


def test_what_is_known_is_not_sent_again(ana: httpx.Client) -> None:
    path = f"/api/notes/{write(ana)['id']}"
    answer = ana.get(path, headers={"If-None-Match": ana.get(path).headers["ETag"]})
    assert (answer.status_code, answer.content) == (304, b"")


def test_when_the_database_is_away_the_caller_is_told_to_come_back(runtime: Runtime, client: Client) -> None:
    away = Database("postgresql://x@127.0.0.1:1/x", clock=SystemClock())
    for address in serve(create_app(Service(), replace(runtime, database=away))):
        answer = httpx.get(f"{address}/api/notes", headers=client().headers)
    away.close()
    problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert "127.0.0.1" not in answer.text


def test_when_all_connections_are_taken_others_wait_only_a_moment(
    runtime: Runtime, client: Client, gate: threading.Event
) -> None:
    app = create_app(Service(), runtime)
    app.state.edge = type(app.state.edge)(
        **{**vars(app.state.edge), "admission": Admission(POOL, waiting=2, seconds=0.3)}
    )
    for address in serve(app):
        caller = client()
        with ThreadPoolExecutor(POOL + 6) as pool:
            asked = [pool.submit(caller.get, f"{address}/api/notes/busy") for _ in range(POOL + 6)]
            refused: list[httpx.Response] = []
            while len(refused) < 6:
                refused = [one.result() for one in asked if one.done()]
            gate.set()
            statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [200] * POOL + [503] * 6
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}


def test_fifty_callers_of_a_slow_route_do_not_stop_each_other(
    ana: httpx.Client, gate: threading.Event
) -> None:
    gate.set()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: ana.get("/api/notes/busy").status_code, range(100)))
    assert set(answers) == {200}
