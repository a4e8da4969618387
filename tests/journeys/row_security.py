"""What PostgreSQL's own catalogue says of the walls between tenants: every fault, by its table's name."""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

NOT_OF_A_TENANT = frozenset({"consumer_offsets", "alembic_version"})
"""Positions of consumers, which no row of a tenant's can be told from, and the schema's own version."""
UNREADABLE = frozenset({"alembic_version"})
"""Without row security, for the app has no right on it at all."""
KEYED_OTHERWISE = frozenset({"outbox", *NOT_OF_A_TENANT})
"""The outbox is keyed by the order in which the relay sends."""
OWN_ROWS = "(tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)"
LOOK_UPS = frozenset(
    {
        "source_of_key",
        "forget_payloads",
        "tenants_with_due_messages",
        "tenants_with_untouched_leads",
        "tenants_with_due_imports",
        "tenants_with_idle_files",
        "tenants_with_due_accounts",
    }
)
"""Functions that see every tenant: whose is a key, who has something that is due, and what is too old."""
RELAYED = frozenset({"outbox", "dead_letters", "parked_keys", "inbox", "idempotency_keys"})
"""Tables that the relay sends from, keeps in and prunes, for every tenant."""
LOOKED_UP = frozenset(
    {"sources", "write_keys", "messages", "leads", "tenant_settings", "imports", "accounts"}
)
"""Tables that the functions read as their owner."""


def faults(connection: Connection, service: str) -> list[str]:
    """Every place of a service's database where row security would let something through."""
    checks = (unforced, badly_keyed, open_policies, open_functions, bare_views, strong_roles, wide_relay)
    return sorted(fault for check in checks for fault in check(connection, service))


def tables(connection: Connection) -> list[str]:
    """Every table of the database, wherever it lies."""
    return [
        name
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'f')"
            " AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            " AND relpersistence <> 't' ORDER BY 1"
        )
    ]


def unforced(connection: Connection, service: str) -> Iterator[str]:
    """Tables without forced row security, but for those that the app may not touch."""
    for name, forced, touched in connection.execute(
        "SELECT relname, relrowsecurity AND relforcerowsecurity,"
        " has_any_column_privilege(%s, oid, 'SELECT, INSERT, UPDATE')"
        " OR has_table_privilege(%s, oid, 'DELETE')"
        " FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p', 'm', 'f')",
        (f"{service}_app", f"{service}_app", tables(connection)),
    ):
        if not forced and (touched or name not in UNREADABLE):
            yield f"{name}: row security is not enabled and forced"


def badly_keyed(connection: Connection, service: str) -> Iterator[str]:
    """Primary keys, unique indexes and foreign keys that do not begin with the tenant."""
    found: LiteralString = """
        SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname, NULL
        FROM pg_index i LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indisunique AND i.indrelid::regclass::text = ANY(%(tables)s)
        UNION ALL
        SELECT c.conrelid::regclass::text, c.conname, a.attname, b.attname
        FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
        WHERE c.contype = 'f'
    """
    for table, key, first, referred in connection.execute(found, {"tables": tables(connection)}):
        if table not in KEYED_OTHERWISE and {first, referred or "tenant_id"} != {"tenant_id"}:
            yield f"{table}: {key} does not begin with tenant_id"


def open_policies(connection: Connection, service: str) -> Iterator[str]:
    """Policies that show more than a tenant's own rows, but for the named ones of relay and owner."""
    excused = {(name, f"{service}_relay", "relay") for name in RELAYED}
    excused |= {(name, f"{service}_owner", rule) for name in LOOKED_UP for rule in ("look_up", "due")}
    excused |= {("events", f"{service}_owner", "forget")}
    excused |= {("consumer_offsets", f"{service}_app", "tenant")}
    for table, rule, roles, shown, taken in connection.execute(
        "SELECT tablename, policyname, roles::text[], qual, with_check FROM pg_policies"
    ):
        if not {(table, role, rule) for role in roles} <= excused and (shown, taken) != (OWN_ROWS, OWN_ROWS):
            yield f"{table}: policy {rule} lets {', '.join(roles)} see other tenants' rows"


def open_functions(connection: Connection, service: str) -> Iterator[str]:
    """Functions with their owner's rights that the app may call, but for the named ones."""
    for (name,) in connection.execute(
        "SELECT proname FROM pg_proc WHERE prosecdef AND has_function_privilege(%s, oid, 'EXECUTE')"
        " AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')",
        (f"{service}_app",),
    ):
        if name not in LOOK_UPS:
            yield f"{name}: a function with its owner's rights"


def bare_views(connection: Connection, service: str) -> Iterator[str]:
    """Views that read with the rights of their owner."""
    for (name,) in connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'v'"
        " AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
        " AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%', false)"
    ):
        yield f"{name}: a view without security_invoker"


def strong_roles(connection: Connection, service: str) -> Iterator[str]:
    """Roles of the service that row security does not bind, and an app that is or becomes another role."""
    for (name,) in connection.execute(
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) AND (rolsuper OR rolbypassrls)",
        (f"{service}_",),
    ):
        yield f"{name}: row security does not bind it"
    for (name,) in connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname <> %(app)s AND pg_has_role(%(app)s, oid, 'MEMBER')"
        " UNION SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %(app)s AND relkind <> 'i'",
        {"app": f"{service}_app"},
    ):
        yield f"{name}: the app owns it or can become it"


def wide_relay(connection: Connection, service: str) -> Iterator[str]:
    """Tables that the relay, which serves every tenant, may read without a need."""
    for (name,) in connection.execute(
        "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p', 'm', 'f')"
        " AND has_any_column_privilege(%s, oid, 'SELECT')",
        (tables(connection), f"{service}_relay"),
    ):
        if name not in RELAYED:
            yield f"{name}: the relay may read it"
