"""Files that nobody starts are dropped after the time that the setting says; the import itself is kept."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from chassis.imports import prune_files
from services.leads.api.rows import LEAD_ROWS
from tests.services.files import Worker
from tests.services.leads.conftest import GLOBEX, Door, House
from tests.services.leads.importing.test_imports import FILES

PARTS = "SELECT count(*) FROM import_parts"


@pytest.fixture
def runtime(house: House) -> Any:
    """The process of the role."""
    return SimpleNamespace(database=house.database, settings=SimpleNamespace(import_days=7))


def test_a_file_that_nobody_starts_goes_and_says_so(
    ana: httpx.Client, door: Door, house: House, runtime: Any
) -> None:
    job = FILES.uploaded(ana, start=False)
    with door.client("gus", tenant=GLOBEX) as gus:
        FILES.uploaded(gus, start=False)
        door.later(days=7, seconds=1)
        fresh = FILES.uploaded(gus, start=False)
        assert prune_files(runtime) == 2
        assert prune_files(runtime) == 0
        assert FILES.seen(gus, fresh)["state"] == "ready"
    given_up = FILES.seen(ana, job)
    assert (given_up["state"], given_up["rows"]) == ("cancelled", 4)
    assert given_up["detail"] == "Nobody started it within 7 days; upload the file again."
    assert (house.rows(PARTS), house.rows(PARTS, GLOBEX)) == ([(0,)], [(1,)])
    assert ana.post(f"{FILES.url}/{job['id']}/start", json={}).status_code == 409


def test_a_file_that_was_tried_keeps_its_error_file(
    ana: httpx.Client, door: Door, house: House, runtime: Any
) -> None:
    job = FILES.uploaded(ana, start=False)
    door.later(days=6)
    ana.post(f"{FILES.url}/{job['id']}/start", json={"dry_run": True}).raise_for_status()
    Worker(house, LEAD_ROWS).work()
    door.later(days=6)
    assert prune_files(runtime) == 0, "it was tried six days ago"
    door.later(days=2)
    assert prune_files(runtime) == 1
    assert [one["E-Mail"] for one in FILES.refused(ana, job)] == ["no address", "max@initech.example"]
    assert FILES.seen(ana, job)["invalid"] == 2


def test_a_file_at_work_is_left_alone_and_one_that_is_done_was_dropped_at_once(
    ana: httpx.Client, door: Door, house: House, runtime: Any
) -> None:
    done = FILES.uploaded(ana)
    Worker(house, LEAD_ROWS).work()
    assert house.rows(PARTS) == [(0,)]
    waiting = FILES.uploaded(ana)
    door.later(days=30)
    assert prune_files(runtime) == 0
    assert [FILES.seen(ana, job)["state"] for job in (done, waiting)] == ["done", "waiting"]
