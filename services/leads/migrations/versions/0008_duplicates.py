"""Where likely duplicates are found, and what was decided about them."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE match_records (
    tenant_id uuid NOT NULL,
    object text NOT NULL CHECK (object IN ('account', 'contact', 'lead')),
    id uuid NOT NULL,
    name text NOT NULL,
    company text NOT NULL,
    email text NOT NULL,
    domain text NOT NULL,
    phone text NOT NULL,
    account_id uuid,
    version bigint NOT NULL,
    sealed bytea,
    key_id text,
    PRIMARY KEY (tenant_id, object, id)
);
CREATE TABLE match_keys (
    tenant_id uuid NOT NULL,
    key bigint NOT NULL,
    object text NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (tenant_id, key, object, id)
);
CREATE TABLE duplicate_decisions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    way text NOT NULL,
    source text NOT NULL,
    decision text NOT NULL,
    candidates jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX duplicate_decisions_lead ON duplicate_decisions (tenant_id, lead_id, id);
CREATE TABLE suspicions (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    object text NOT NULL,
    candidate_id uuid NOT NULL,
    score int NOT NULL CHECK (score BETWEEN 0 AND 100),
    reasons jsonb NOT NULL,
    account_id uuid,
    state text NOT NULL CHECK (state IN ('suspected', 'linked', 'not_duplicate')),
    at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by text,
    PRIMARY KEY (tenant_id, lead_id, object, candidate_id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE INDEX suspicions_candidate ON suspicions (tenant_id, candidate_id, lead_id)
"""

# Locks first, then looks: each statement of a volatile function sees what was committed before it began, so
# whoever waited here for another's entry finds that one. Invoker's rights: row security holds.
LIKELY_MATCHES = """
CREATE FUNCTION likely_matches(tenant uuid, space int, numbers int[], keys bigint[], most int)
    RETURNS TABLE (key bigint, object text, id uuid, name text, company text, email text, domain text,
                   phone text, account_id uuid, open boolean)
    LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
    AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM pg_advisory_xact_lock(space, number) FROM unnest(numbers) AS number;
        RETURN QUERY
            SELECT wanted.key, r.object, r.id, r.name, r.company, r.email, r.domain, r.phone,
                   COALESCE(r.account_id, l.account_id),
                   l.id IS NULL OR (l.status <> 'converted' AND l.archived_at IS NULL)
            FROM unnest(keys) AS wanted(key)
            CROSS JOIN LATERAL (
                SELECT k.object, k.id FROM match_keys k
                WHERE k.tenant_id = tenant AND k.key = wanted.key ORDER BY k.object, k.id LIMIT most
            ) AS found
            JOIN match_records r
                ON r.tenant_id = tenant AND r.object = found.object AND r.id = found.id
            LEFT JOIN leads l
                ON l.tenant_id = tenant AND found.object = 'lead' AND l.id = found.id;
    END
    $$
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("match_records", "match_keys", "duplicate_decisions", "suspicions"):
        enable_rls(op, table)
    op.execute(LIKELY_MATCHES)
