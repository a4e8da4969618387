"""Files on their way to be things: how each is read, how far it is, who works on it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped
from chassis.migrations import enable_rls, grant_to_app


class Import(TenantScoped, Model):
    """A file (F4)."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    actor: Mapped[str]
    """Who started it last: in that person's name it works."""
    owner_id: Mapped[UUID | None]
    file_name: Mapped[str]
    size: Mapped[int]
    encoding: Mapped[str]
    separator: Mapped[str]
    columns: Mapped[list[Any]]
    mapping: Mapped[dict[str, Any]]
    """Place of a column, as text, to field."""
    duplicates: Mapped[str]
    given: Mapped[dict[str, Any]]
    dry_run: Mapped[bool]
    state: Mapped[str]
    rows: Mapped[int]
    position: Mapped[int]
    """Rows that are done, in the transaction of their effects."""
    created: Mapped[int]
    updated: Mapped[int]
    duplicate: Mapped[int]
    invalid: Mapped[int]
    detail: Mapped[str | None]
    claim: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ImportPart(TenantScoped, Model):
    """A piece of an uploaded file, in UTF-8; gone when the import has ended."""

    __tablename__ = "import_parts"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    raw: Mapped[bytes]


class RefusedRow(TenantScoped, Model):
    """A row of a file of which nothing came, and why."""

    __tablename__ = "refused_rows"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    why: Mapped[list[Any]]
    cells: Mapped[list[Any]]


def create_imports(op: Any) -> None:
    """For a migration: the tables, each under forced row security, and the one question that goes past it."""
    for statement in _TABLES.split(";"):
        op.execute(statement)
    for table in ("imports", "import_parts", "refused_rows"):
        enable_rls(op, table)
    op.execute("CREATE POLICY due ON imports FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(_TENANTS_WITH_DUE_IMPORTS)
    op.execute("REVOKE ALL ON FUNCTION tenants_with_due_imports() FROM PUBLIC")
    grant_to_app(op, "FUNCTION tenants_with_due_imports()", "EXECUTE")


_TABLES = """
CREATE TABLE imports (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    actor text NOT NULL,
    owner_id uuid,
    file_name text NOT NULL,
    size int NOT NULL,
    encoding text NOT NULL,
    separator text NOT NULL,
    columns jsonb NOT NULL,
    mapping jsonb NOT NULL,
    duplicates text NOT NULL,
    given jsonb NOT NULL,
    dry_run boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('ready', 'waiting', 'running', 'done', 'failed', 'cancelled')),
    rows int NOT NULL,
    position int NOT NULL CHECK (position BETWEEN 0 AND rows),
    created int NOT NULL,
    updated int NOT NULL,
    duplicate int NOT NULL,
    invalid int NOT NULL,
    detail text,
    claim uuid,
    leased_until timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK (created + updated + duplicate + invalid = position)
);
CREATE INDEX imports_newest ON imports (tenant_id, created_at DESC, id DESC);
CREATE INDEX imports_due ON imports (leased_until) WHERE state IN ('waiting', 'running');
CREATE TABLE import_parts (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number int NOT NULL,
    raw bytea NOT NULL,
    PRIMARY KEY (tenant_id, import_id, number),
    FOREIGN KEY (tenant_id, import_id) REFERENCES imports
);
CREATE TABLE refused_rows (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number int NOT NULL,
    line int NOT NULL,
    why jsonb NOT NULL,
    cells jsonb NOT NULL,
    PRIMARY KEY (tenant_id, import_id, number),
    FOREIGN KEY (tenant_id, import_id) REFERENCES imports
)
"""

# The worker serves every tenant but sees an import only under its tenant: this tells whom to look at.
_TENANTS_WITH_DUE_IMPORTS = """
CREATE FUNCTION tenants_with_due_imports() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
        SELECT DISTINCT tenant_id FROM public.imports
        WHERE state IN ('waiting', 'running') AND (leased_until IS NULL OR leased_until < now())
    $$
"""
