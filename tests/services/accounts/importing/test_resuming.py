"""An import whose worker dies goes on where it was: no row is lost, none is taken in twice."""

import os
import subprocess
import sys
from collections import Counter

import httpx
import pytest
from sqlalchemy import text

from services.accounts.api.rows import ACCOUNT_ROWS
from tests.services.accounts.importing.test_imports import FILES
from tests.services.files import Worker, counts
from tests.services.house import House

SECONDS = 120
MANY = "id,name\n" + "".join(f"C-{n},Company {n:05}\n" for n in range(1200))


@pytest.mark.parametrize(("chunk", "done"), [(1, 0), (2, 500), (3, 1000)])
def test_a_killed_worker_leaves_whole_chunks_and_another_goes_on(
    ana: httpx.Client, house: House, chunk: int, done: int
) -> None:
    job = FILES.uploaded(ana, MANY)
    doomed = subprocess.run(
        [sys.executable, "-m", "tests.services.accounts.importing.member", house.urls["app"]],
        env=os.environ | {"FAILPOINT": f"import.before_commit:kill:{chunk}"},
        timeout=SECONDS,
        check=False,
    )
    assert doomed.returncode == -9
    left = FILES.seen(ana, job)
    assert (left["state"], counts(left)) == ("running", (done, done, 0, 0, 0))
    assert len(opened(house)) == done
    worker = Worker(house, ACCOUNT_ROWS)
    worker.work()
    assert FILES.seen(ana, job)["state"] == "running", "the claim of the dead one still holds"
    house.run(lambda uow: uow.session.execute(text("UPDATE imports SET leased_until = now()")))
    worker.work()
    ended = FILES.seen(ana, job)
    assert (ended["state"], counts(ended)) == ("done", (1200, 1200, 0, 0, 0))
    assert set(Counter(opened(house)).values()) == {1}
    assert len(opened(house)) == 1200


def opened(house: House) -> list[str]:
    """Names of the accounts of which it was told that they exist."""
    return [record["account_name"] for kind, record, _ in house.published() if kind == "AccountOpened"]
