"""Files on their way to be leads."""

from alembic import op

from chassis.migrations import enable_rls, grant_to_app

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
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
    source text NOT NULL,
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
TENANTS_WITH_DUE_IMPORTS = """
CREATE FUNCTION tenants_with_due_imports() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
        SELECT DISTINCT tenant_id FROM public.imports
        WHERE state IN ('waiting', 'running') AND (leased_until IS NULL OR leased_until < now())
    $$
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security, and the one question that goes past it."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("imports", "import_parts", "refused_rows"):
        enable_rls(op, table)
    op.execute("CREATE POLICY due ON imports FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(TENANTS_WITH_DUE_IMPORTS)
    op.execute("REVOKE ALL ON FUNCTION tenants_with_due_imports() FROM PUBLIC")
    grant_to_app(op, "FUNCTION tenants_with_due_imports()", "EXECUTE")
