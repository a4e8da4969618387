"""A file is taken in whole and once, though its worker is killed or waits too long for others (F4)."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil
import psycopg
import pytest

from chassis.db.connections import APP_TIMEOUTS
from chassis.imports import CHUNK
from cli.api import Api, Json
from deploy.local.process import Process
from tests.faults.havoc import HEALED, hit
from tests.faults.log import read_all
from tests.world import World, eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_800)]
IMPORTS = "/api/leads/imports"
WORKER = "leads-work"
KILLED = (1, 5, 9)
"""Chunks after which the worker is killed."""
HELD = APP_TIMEOUTS["lock_timeout"] / 1000 * 0.7
"""Seconds for which a row is held: not too long to wait for one, too long for all in one statement."""
ROWS_HELD = int(APP_TIMEOUTS["statement_timeout"] / 1000 / HELD) + 2


@pytest.fixture
def ada(world: World) -> Iterator[Api]:
    """Who imports; patient with a system that comes up again."""
    with world.user("ada") as api:
        api.patience = HEALED
        yield api


def upload(api: Api, rows: list[str], **options: Any) -> str:
    """A file on its way; its id."""
    text = "\n".join(["first name,last name,email,company,job title", *rows])
    form: Json = {"files": {"file": ("fair.csv", text.encode())}, "data": {"options": json.dumps(options)}}
    headers = {"idempotency-key": uuid.uuid4().hex}
    return str(api.call("POST", IMPORTS, headers=headers, **form)["id"])


def seen(api: Api, job: str) -> Json:
    """An import as it is now."""
    return api.get(f"{IMPORTS}/{job}")


def worker(world: World) -> Process:
    """The process with the role import."""
    return next(program.process for program in world.system.programs() if program.name == WORKER)


def kill_at(world: World, api: Api, job: str, position: int) -> bool:
    """Kills the worker once so many rows are done; whether it was at work then."""
    now = eventually(lambda: seen(api, job), lambda now: now["position"] >= position, HEALED)
    return now["state"] == "running" and hit(worker(world), psutil.Process.kill)


def test_a_file_whose_worker_is_killed_is_taken_in_by_the_next_one_row_for_row(
    world: World, ada: Api
) -> None:
    mark, rows = f"Initech {uuid.uuid4().hex[:8]}", 12 * CHUNK
    people = [f"P{n:05},{n:05}Q,p{n}@{mark[8:]}-{n}.example,{mark}," for n in range(rows)]
    job = upload(ada, people, duplicates="create_anyway")
    killed = sum(kill_at(world, ada, job, chunks * CHUNK) for chunks in KILLED)
    assert killed, "it was never at work when it was to be killed"
    done = eventually(lambda: seen(ada, job), lambda now: now["state"] not in ("waiting", "running"), HEALED)
    assert (done["state"], done["position"], done["created"], done["invalid"]) == ("done", rows, rows, 0)
    found = Counter(lead["email"] for lead in ada.items("/api/leads", q=mark, limit=200))
    assert (len(found), set(found.values())) == (rows, {1})
    where = world.system.kafka.bootstrap, world.system.registry.url
    mine = {lead["id"] for lead in ada.items("/api/leads", q=mark, limit=200)}

    def told() -> Counter[str]:
        said = [record for name, record in read_all(*where, "leads.lead") if name == "LeadCreated"]
        once = {record["event_id"]: record["lead_id"] for record in said}
        return Counter(lead for lead in once.values() if lead in mine)

    assert eventually(told, lambda now: len(now) == rows, HEALED) == Counter(mine)


def test_a_chunk_that_waits_too_long_for_others_is_put_off_and_taken_in_later(world: World, ada: Api) -> None:
    leads = [world.lead(ada, job_title="Clerk") for _ in range(ROWS_HELD)]
    ids = sorted(lead["id"] for lead in leads)
    eventually(lambda: scored(world, ids), lambda number: number == ROWS_HELD)
    versions = {id: ada.get(f"/api/leads/{id}")["version"] for id in ids}
    before = put_off(world)
    with one_after_the_other(world, ids) as let_go:
        rows = [f"Hana,,{lead['email']},,Head of Purchase" for lead in leads]
        job = upload(ada, rows, duplicates="update")
        eventually(lambda: waiting(world), bool)
        let_go.set()
        eventually(lambda: put_off(world), lambda now: now > before)
        assert seen(ada, job)["position"] == 0
    done = eventually(lambda: seen(ada, job), lambda now: now["state"] not in ("waiting", "running"), HEALED)
    assert (done["state"], done["updated"], done["detail"]) == ("done", ROWS_HELD, None)
    for id in ids:
        lead = ada.get(f"/api/leads/{id}")
        assert (lead["job_title"], lead["version"]) == ("Head of Purchase", versions[id] + 1)


@contextmanager
def one_after_the_other(world: World, ids: list[str]) -> Iterator[threading.Event]:
    """Leads held by sessions of others, which let them go in turn from when the event is set."""
    with ExitStack() as open_:
        others = [open_.enter_context(psycopg.connect(database(world))) for _ in ids]
        for other, id in zip(others, ids, strict=True):
            other.execute("SELECT FROM leads WHERE id = %s FOR UPDATE", [id])
        begin, over = threading.Event(), threading.Event()

        def let_go() -> None:
            begin.wait(HEALED)
            for other in others:
                over.wait(HELD)
                other.rollback()

        turns = threading.Thread(target=let_go)
        turns.start()
        try:
            yield begin
        finally:
            begin.set()
            turns.join()


def database(world: World) -> str:
    """The database of leads, for whom row security does not bind."""
    return world.system.postgres.url("postgres", "leads")


def scored(world: World, ids: list[str]) -> int:
    """How many leads have heard from the stream: then nobody else writes to them."""
    with psycopg.connect(database(world)) as connection:
        query = "SELECT count(*) FROM leads WHERE id = ANY(%s::uuid[]) AND score_sequence > 0"
        (found,) = connection.execute(query, [ids]).fetchone() or (0,)
        return int(found)


def waiting(world: World) -> int:
    """How many sessions of the service wait for a lock."""
    with psycopg.connect(database(world)) as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'leads_app'"
        )
        (found,) = connection.execute(query).fetchone() or (0,)
        return int(found)


def put_off(world: World) -> int:
    """How often the worker has said that it puts an import off."""
    return worker(world).log.read_text().count("import_put_off")
