"""Who waits for a thing is woken by the commit that changes it, and finds it also where nobody was woken."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from chassis.http import create_app
from deploy.local.postgres import Postgres
from tests.chassis.http import notes
from tests.chassis.http.conftest import Client, Runtime, Service, serve, write

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
SOON = 10.0
"""Seconds, half of what a caller waits for a star at most."""


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves."""
    monkeypatch.setattr("chassis.http.transactions.LOOK_SECONDS", 60)


@pytest.fixture
def tenant() -> UUID:
    """One that no other test has."""
    return uuid4()


@pytest.fixture
def max_(client: Client, tenant: UUID) -> httpx.Client:
    """A manager, who may give stars."""
    return client("max", tenant, ("manager",))


@contextmanager
def waiting(who: httpx.Client, note: dict[str, Any], at: str = "") -> Iterator[Future[httpx.Response]]:
    """Somebody waits for a star and gets it soon after the block."""
    notes.watched.clear()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(who.get, f"{at}/api/notes/{note['id']}/starred", timeout=60)
        assert notes.watched.wait(SOON)
        began = time.monotonic()
        yield answer
        assert answer.result().json()["stars"] == 1
        assert time.monotonic() - began < SOON


def star(max_: httpx.Client, note: dict[str, Any]) -> None:
    """Gives a star."""
    max_.post(f"/api/notes/{note['id']}/star").raise_for_status()


def listeners(runtime: Runtime) -> list[int]:
    """Connections that listen, by their processes."""
    with psycopg.connect(runtime.url) as connection:
        return [pid for (pid,) in connection.execute(LISTENERS).fetchall()]


@pytest.mark.usefixtures("seldom")
def test_a_commit_wakes_who_waits_for_it(max_: httpx.Client) -> None:
    note, other = write(max_), write(max_)
    with waiting(max_, note) as answer:
        star(max_, other)
        assert not answer.done()
        star(max_, note)


@pytest.mark.usefixtures("seldom")
def test_all_callers_of_a_process_hear_on_one_connection(max_: httpx.Client, runtime: Runtime) -> None:
    some = [write(max_) for _ in range(3)]
    with ExitStack() as callers:
        for note in some:
            callers.enter_context(waiting(max_, note))
        assert len(listeners(runtime)) == 1
        for note in some:
            star(max_, note)


def test_what_nobody_was_woken_for_is_found_a_little_later(
    max_: httpx.Client, runtime: Runtime, tenant: UUID
) -> None:
    note = write(max_)
    with waiting(max_, note), runtime.database.unit_of_work(tenant, "system:test") as uow:
        uow.session.execute(text("UPDATE notes SET stars = 1"))


@pytest.mark.usefixtures("seldom")
def test_what_happened_while_nobody_could_hear_is_found_once_the_connection_is_back(
    max_: httpx.Client, runtime: Runtime, postgres: Postgres
) -> None:
    note = write(max_)
    with waiting(max_, note) as answer, closed(postgres, runtime):
        star(max_, note)
        assert not answer.done()
    with waiting(max_, again := write(max_)):
        star(max_, again)


@contextmanager
def closed(postgres: Postgres, runtime: Runtime) -> Iterator[None]:
    """The database lets in nobody new, and whoever listens is thrown out."""
    with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as admin:
        name = Identifier(str(conninfo_to_dict(runtime.url)["dbname"]))
        pids = listeners(runtime)
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        try:
            for pid in pids:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            yield
        finally:
            admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


@pytest.mark.usefixtures("seldom")
def test_the_connection_ends_with_the_server(max_: httpx.Client, runtime: Runtime) -> None:
    note, before = write(max_), listeners(runtime)
    for address in serve(create_app(Service(), runtime)):
        with waiting(max_, note, address):
            star(max_, note)
        assert len(listeners(runtime)) == len(before) + 1
    assert listeners(runtime) == before
