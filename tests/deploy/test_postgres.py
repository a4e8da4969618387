"""The cluster of a home comes up again, whatever it went through."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import Postgres


@pytest.fixture
def own() -> Iterator[Postgres]:
    """A cluster of this test's own."""
    with tempfile.TemporaryDirectory(prefix="salescompass-") as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


def survivors(server: Postgres) -> int:
    """Rows that were committed before."""
    with psycopg.connect(server.url("postgres", "postgres")) as connection:
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert found is not None
    return int(found[0])


def keep_a_row(server: Postgres) -> None:
    """Commits one row."""
    with psycopg.connect(server.url("postgres", "postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")


@pytest.mark.infra
def test_what_was_committed_is_there_after_a_kill_and_a_start(own: Postgres) -> None:
    own.start()
    keep_a_row(own)
    found = own.process.running()
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    own.start()
    assert own.process.running()
    assert survivors(own) == 1


@pytest.mark.infra
def test_a_pid_file_with_the_pid_of_another_program_does_not_hinder_the_start(own: Postgres) -> None:
    own.start()
    keep_a_row(own)
    own.stop()
    (own.data / "postmaster.pid").write_text(f"{os.getpid()}\n{own.data}\n1\n5432\n{own.data}\n\n\nready\n")
    own.start()
    assert survivors(own) == 1


@pytest.mark.infra
def test_a_cluster_whose_making_was_broken_off_is_made_anew(own: Postgres) -> None:
    part = own.data.with_suffix(".part")
    part.mkdir()
    (part / "PG_VERSION").write_text("18\n")
    own.start()
    keep_a_row(own)
    assert survivors(own) == 1
