"""Schema changes: one alembic environment for all services, whose `migrations/versions` hold only the steps.

A step speaks in `op` and in the helpers here; while it runs, the code of the step before is still at work.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, NullPool, create_engine, text

from chassis.db import connection_arguments, sqlalchemy_url

LOCK = 0x5A1E5C
"""Advisory lock: of several processes that start at once, one migrates and the others wait."""
LOCK_WAIT_MS = 120_000
STEP_TIMEOUTS = {"lock_timeout": 5_000, "idle_in_transaction_session_timeout": 60_000}
"""A step that cannot get its lock fails rather than stop all writers behind it; statements may take long."""

TENANT = "NULLIF(current_setting('app.tenant', true), '')::uuid"


class Migrated(Protocol):
    """A service as far as migrations concern it."""

    @property
    def name(self) -> str:
        """`leads`; its roles are `leads_owner`, `leads_app` and `leads_relay`."""

    @property
    def migrations(self) -> str:
        """Package that holds `versions/`: `services.leads.migrations`."""


class Owner(Protocol):
    """Settings that name the owner's address."""

    @property
    def owner_database_url(self) -> SecretStr | None:
        """As `<service>_owner`."""


def run_migrations(settings: Owner, service: Migrated) -> None:
    """Brings the service's database to its newest step; blocks. Safe to run in several processes at once.

    Raises RuntimeError without an owner's address, OperationalError when a lock is not to be had.
    """
    if settings.owner_database_url is None:
        raise RuntimeError(f"{service.name}: migrations need the owner's database address")
    migrate(settings.owner_database_url.get_secret_value(), service.name, versions_of(service.migrations))


def versions_of(package: str) -> Path:
    """The folder of a package's steps; raises RuntimeError where there is none."""
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        if (folder := Path(place) / "versions").is_dir():
            return folder
    raise RuntimeError(f"{package} has no folder versions")


def migrate(url: str, service: str, versions: Path) -> None:
    """Runs the steps of a folder that the database has not seen, each in a transaction of its own."""
    engine = create_engine(
        sqlalchemy_url(url), poolclass=NullPool, connect_args=connection_arguments(STEP_TIMEOUTS)
    )
    with engine.connect() as connection:
        _lock(connection)
        try:
            _upgrade(connection, service, versions)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    engine.dispose()


def _lock(connection: Connection) -> None:
    connection.execute(text(f"SET lock_timeout = {LOCK_WAIT_MS}"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f"SET lock_timeout = {STEP_TIMEOUTS['lock_timeout']}"))
    connection.commit()


def _upgrade(connection: Connection, service: str, versions: Path) -> None:
    script = ScriptDirectory(versions.parent, version_locations=[versions])
    with EnvironmentContext(
        Config(), script, fn=lambda revision, _: script._upgrade_revs("heads", revision)
    ) as environment:
        environment.configure(connection=connection, transaction_per_migration=True, service=service)
        with environment.begin_transaction():
            environment.run_migrations()


def create_chassis_tables(op: Any) -> None:
    """The tables that every service has: outbox, offsets, inbox, dead letters, answers, subject keys."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    for table in ("outbox", "inbox", "dead_letters", "parked_keys", "idempotency_keys", "subject_keys"):
        enable_rls(op, table)
    enable_rls(op, "consumer_offsets", predicate="true")  # belongs to no tenant (design, named exception)
    _let_the_relay_in(op)


def create_colleagues(op: Any) -> None:
    """The table of `chassis.colleagues`: the people of the tenant, as identity.user tells."""
    for statement in _COLLEAGUES.split(";"):
        op.execute(statement)
    enable_rls(op, "colleagues")


def enable_rls(op: Any, table: str, *, predicate: str = f"tenant_id = {TENANT}") -> None:
    """Forces row security on a table, owner included, and grants it to the app role (G14).

    Without a tenant set the predicate is null: no row is seen, none can be written.
    """
    app = f"{_service(op)}_app"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} TO {app} USING ({predicate}) WITH CHECK ({predicate})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {app}")


def grant_to_app(op: Any, what: str, right: str = "SELECT") -> None:
    """Grants the app role a right on something that is no tenant's table: a view, a function."""
    op.execute(f"GRANT {right} ON {what} TO {_service(op)}_app")


def _let_the_relay_in(op: Any) -> None:
    """The relay serves every tenant: it sends, keeps what cannot be sent, prunes what has had its time."""
    rights = {
        "outbox": "SELECT, DELETE",
        "dead_letters": "SELECT, INSERT",
        "parked_keys": "SELECT, INSERT",
        "inbox": "SELECT, DELETE",
        "idempotency_keys": "SELECT, DELETE",
    }
    relay = f"{_service(op)}_relay"
    for table, granted in rights.items():
        op.execute(f"CREATE POLICY relay ON {table} TO {relay} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {granted} ON {table} TO {relay}")


def _service(op: Operations) -> str:
    """Whose database the running step changes."""
    name: str = op.get_context().opts["service"]
    return name


_TABLES = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    shard smallint NOT NULL,
    topic text NOT NULL,
    partition int,
    key bytea NOT NULL,
    value bytea,
    headers bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0);
CREATE TABLE consumer_offsets (
    group_name text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    next_offset bigint NOT NULL,
    topic_id text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_name, topic, partition)
) WITH (fillfactor = 50);
CREATE TABLE inbox (
    tenant_id uuid NOT NULL,
    group_name text NOT NULL,
    event_id uuid NOT NULL,
    day date NOT NULL DEFAULT CURRENT_DATE,
    PRIMARY KEY (tenant_id, group_name, event_id)
);
CREATE INDEX ix_inbox_day ON inbox USING brin (day);
CREATE TABLE dead_letters (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    group_name text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    position bigint NOT NULL,
    key bytea,
    value bytea,
    headers bytea NOT NULL,
    cause text NOT NULL,
    detail text NOT NULL,
    attempts int NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replayed', 'discarded')),
    stored_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_dead_letters_key ON dead_letters (tenant_id, group_name, topic, key, sequence)
    WHERE state = 'waiting';
CREATE INDEX ix_dead_letters_newest ON dead_letters (tenant_id, sequence);
CREATE TABLE parked_keys (
    tenant_id uuid NOT NULL,
    group_name text NOT NULL,
    topic text NOT NULL,
    key bytea NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, group_name, topic, key)
);
CREATE TABLE idempotency_keys (
    tenant_id uuid NOT NULL,
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, actor, key)
);
CREATE INDEX ix_idempotency_keys_created ON idempotency_keys USING brin (created_at);
CREATE TABLE subject_keys (
    tenant_id uuid NOT NULL,
    subject_id text NOT NULL,
    key_id text NOT NULL,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject_id),
    UNIQUE (tenant_id, key_id)
)
"""

_COLLEAGUES = """
CREATE TABLE colleagues (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    login text NOT NULL,
    roles text[] NOT NULL,
    team text,
    manager_id uuid,
    active boolean NOT NULL,
    territories text[] NOT NULL,
    capacity int,
    absent_from timestamptz,
    absent_until timestamptz,
    visibility text CHECK (visibility IN ('own', 'team', 'territory', 'all')),
    pii bytea,
    key_id text,
    CONSTRAINT pk_colleagues PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_colleagues_team ON colleagues (tenant_id, team);
CREATE INDEX ix_colleagues_manager ON colleagues (tenant_id, manager_id)
"""
