"""No table shows the app another tenant's rows, whatever a query forgets (G14)."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from chassis.ids import NOBODY, tenant_id
from tests.journeys.row_security import NOT_OF_A_TENANT, Connection, faults, tables
from tests.journeys.twins import SERVICES, Twin
from tests.world import World

each_service = pytest.mark.parametrize("service", [service.name for service in SERVICES])

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
PLANTED = {
    "outbox": "(tenant_id, event_id, shard, topic, key, headers)"
    " VALUES (%s, gen_random_uuid(), 0, 'twins', '', '')",
    "inbox": "(tenant_id, group_name, event_id) VALUES (%s, 'twins', gen_random_uuid())",
    "parked_keys": "(tenant_id, group_name, topic, key) VALUES (%s, 'twins', 'twins', '')",
    "idempotency_keys": "(tenant_id, actor, key, fingerprint, status, headers, body)"
    " VALUES (%s, 'twins', 'twins', '', 200, '{}', '')",
    "subject_keys": "(tenant_id, subject_id, key_id) VALUES (%s, 'twins', 'twins')",
    "opportunities.conversions": "(tenant_id, id, opportunity_id, answer, record)"
    " VALUES (%s, gen_random_uuid(), gen_random_uuid(), 'twins', '{}')",
    "lead_log": "(tenant_id, lead_id, version, at, actor, kind, what) SELECT"
    " tenant_id, id, 1, now(), 'twins', 'activity', '{}' FROM leads WHERE tenant_id = %s LIMIT 1",
    "tenant_settings": "(tenant_id, name, version, value, updated_at, updated_by)"
    " VALUES (%s, 'twins', 1, '{}', now(), 'twins')",
    "email_consents": "(tenant_id, lead_id, version, state, said_at)"
    " VALUES (%s, gen_random_uuid(), 1, 'granted', now())",
    "clock_offset": "(tenant_id, ahead_ms) VALUES (%s, 0)",
    "accounts.team_members": "(tenant_id, account_id, user_id, role, since) SELECT"
    " tenant_id, id, gen_random_uuid(), 'twins', now() FROM accounts WHERE tenant_id = %s LIMIT 1",
    "accounts.health_contributions": "(tenant_id, account_id, rule, cause, at, points, rule_points) SELECT"
    " tenant_id, id, 'twins', 'twins', now(), 0, 0 FROM accounts WHERE tenant_id = %s LIMIT 1",
    "accounts.health_history": "(tenant_id, account_id, version, at, previous, health, rule, cause) SELECT"
    " tenant_id, id, 999, now(), 0, 0, 'twins', 'twins' FROM accounts WHERE tenant_id = %s LIMIT 1",
    "accounts.account_settings": "(tenant_id, version, tiers, risk_below, quiet_after_days,"
    " silent_after_days) VALUES (%s, 1, '[]', 0, 1, 1)",
    "accounts.clock_partitions": "(tenant_id, partition, time) VALUES (%s, 99, now())",
    "accounts.conversion_steps": "(tenant_id, id, lead_id, account_id, contact_id, record, withdrawn) VALUES"
    " (%s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '{}', false)",
}
"""Tables that a tenant may well have no row in: one to be planted; of the service named, if any."""


@contextmanager
def planted(world: World, acme: Twin, globex: Twin, service: str) -> Iterator[Connection]:
    """A service's database with rows of both tenants in every table, seen by its app; then rolled back."""
    with psycopg.connect(world.system.postgres.url("postgres", service)) as connection:
        for table in tables(connection):
            row = PLANTED.get(f"{service}.{table}", PLANTED.get(table, ""))
            for tenant in (ACME, GLOBEX) if row else ():
                insert = sql.SQL("INSERT INTO {} {}").format(sql.Identifier(table), sql.SQL(row))
                connection.execute(insert, (tenant,))
        empty = {
            t
            for t in of_tenants(connection)
            if not (count(connection, t, ACME) and count(connection, t, GLOBEX))
        }
        assert empty == set(), "a table without rows proves nothing: give the twins some, or plant them"
        become_app(connection, service)
        yield connection
        connection.rollback()


def become_app(connection: Connection, service: str) -> None:
    """From now on the connection is the app's, as if it had signed in."""
    connection.execute(sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(sql.Identifier(f"{service}_app")))


def of_tenants(connection: Connection) -> list[str]:
    """Tables whose rows belong to tenants."""
    return [table for table in tables(connection) if table not in NOT_OF_A_TENANT]


def count(connection: Connection, table: str, tenant: UUID | None = None) -> int:
    """Rows of a tenant, or all rows, that the connection is shown."""
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    if tenant is not None:
        query += sql.SQL(" WHERE tenant_id = {}").format(sql.Literal(tenant))
    found = connection.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def set_tenant(connection: Connection, tenant: UUID | str) -> None:
    """As a unit of work does."""
    connection.execute("SELECT set_config('app.tenant', %s, true)", (str(tenant),))


@each_service
def test_every_table_has_its_walls(world: World, service: str) -> None:
    with psycopg.connect(world.system.postgres.url("postgres", service)) as connection:
        assert faults(connection, service) == []


@each_service
def test_without_a_tenant_the_app_is_shown_no_row(
    world: World, acme: Twin, globex: Twin, service: str
) -> None:
    with planted(world, acme, globex, service) as connection:
        assert {table: n for table in of_tenants(connection) if (n := count(connection, table))} == {}
        set_tenant(connection, "")
        assert {table: n for table in of_tenants(connection) if (n := count(connection, table))} == {}


@each_service
def test_with_a_tenant_the_app_is_shown_that_tenants_rows_only(
    world: World, acme: Twin, globex: Twin, service: str
) -> None:
    with planted(world, acme, globex, service) as connection:
        set_tenant(connection, GLOBEX)
        for table in of_tenants(connection):
            own = count(connection, table, GLOBEX)
            assert own, table
            assert count(connection, table) == own, table


@each_service
def test_the_app_cannot_touch_or_make_rows_of_another_tenant(
    world: World, acme: Twin, globex: Twin, service: str
) -> None:
    with planted(world, acme, globex, service) as connection:
        set_tenant(connection, GLOBEX)
        for table in map(sql.Identifier, of_tenants(connection)):
            delete = sql.SQL("DELETE FROM {} WHERE tenant_id = {}").format(table, sql.Literal(ACME))
            assert connection.execute(delete).rowcount == 0
            give = sql.SQL("UPDATE {} SET tenant_id = {}").format(table, sql.Literal(ACME))
            with pytest.raises(InsufficientPrivilege), connection.transaction():
                connection.execute(give)


@each_service
def test_a_fresh_connection_of_the_app_is_shown_nothing(world: World, acme: Twin, service: str) -> None:
    with psycopg.connect(world.system.databases[service]["app"]) as connection:
        shown = {table: count(connection, table) for table in of_tenants(connection)}
        set_tenant(connection, NOBODY)
        assert {table for table in shown if count(connection, table, ACME)} == set()
        with pytest.raises(InsufficientPrivilege):
            connection.execute("SELECT FROM alembic_version")
    assert set(shown.values()) == {0}


def test_a_hole_in_the_walls_is_found_by_the_same_look(world: World, acme: Twin, globex: Twin) -> None:
    with planted(world, acme, globex, "leads") as connection:
        connection.execute("RESET SESSION AUTHORIZATION")
        connection.execute(HOLES)
        assert faults(connection, "leads") == FOUND
        connection.execute(INTRUDER, {"tenant": ACME})
        become_app(connection, "leads")
        set_tenant(connection, GLOBEX)
        assert {t for t in of_tenants(connection) if count(connection, t, ACME)} == {"bare", "lax"}


HOLES = """
    CREATE TABLE bare (tenant_id uuid, id uuid, lead uuid, CONSTRAINT pk_bare PRIMARY KEY (id));
    CREATE TABLE lax (tenant_id uuid, id uuid, CONSTRAINT pk_lax PRIMARY KEY (tenant_id, id),
                      CONSTRAINT fk_lax FOREIGN KEY (id) REFERENCES bare (id));
    CREATE UNIQUE INDEX uq_bare ON bare (lower(lead::text));
    ALTER TABLE lax ENABLE ROW LEVEL SECURITY;
    ALTER TABLE lax FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON lax TO leads_app USING (true) WITH CHECK (true);
    CREATE VIEW peep AS SELECT * FROM leads;
    CREATE FUNCTION spy() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM leads';
    GRANT SELECT ON bare, lax TO leads_app;
    GRANT SELECT ON leads TO leads_relay;
    ALTER TABLE bare OWNER TO leads_app
"""
FOUND = [
    "bare: pk_bare does not begin with tenant_id",
    "bare: row security is not enabled and forced",
    "bare: the app owns it or can become it",
    "bare: uq_bare does not begin with tenant_id",
    "lax: fk_lax does not begin with tenant_id",
    "lax: policy tenant lets leads_app see other tenants' rows",
    "leads: the relay may read it",
    "peep: a view without security_invoker",
    "spy: a function with its owner's rights",
]
INTRUDER = """
    WITH first AS (INSERT INTO bare VALUES (%(tenant)s, %(tenant)s))
    INSERT INTO lax VALUES (%(tenant)s, %(tenant)s)
"""
