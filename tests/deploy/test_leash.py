"""What a run has started ends with the run, even when that is killed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.leash import marked
from tests.world import eventually

RUN = """
import os, signal, subprocess, sys
from deploy.local.leash import leash
from deploy.local.postgres import Postgres
with leash("salescompass-") as folder:
    Postgres(folder).start()
    frozen = subprocess.Popen(["sleep", "600"], start_new_session=True)
    os.kill(frozen.pid, signal.SIGSTOP)
    print(folder, flush=True)
    sys.stdin.read()
"""

Run = tuple["subprocess.Popen[str]", Path]


@pytest.fixture
def run() -> Iterator[Run]:
    """A run with a PostgreSQL and a process that stands still; and its folder."""
    command = [sys.executable, "-c", RUN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        folder = Path(started.stdout.readline().strip())
        eventually(
            lambda: {process.name() for process in marked(str(folder))}, {"postgres", "sleep"}.issubset
        )
        yield started, folder


@pytest.mark.infra
def test_a_run_that_ends_leaves_nothing_behind(run: Run) -> None:
    started, folder = run
    assert started.communicate("")[0] == ""
    assert started.returncode == 0
    assert (marked(str(folder)), folder.exists()) == ([], False)


@pytest.mark.infra
def test_a_run_that_is_killed_leaves_nothing_behind(run: Run) -> None:
    started, folder = run
    started.kill()
    eventually(lambda: (marked(str(folder)), folder.exists()), lambda left: left == ([], False))
