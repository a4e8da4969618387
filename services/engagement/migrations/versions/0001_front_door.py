"""Sources, write keys, people, events, rejected events."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls, grant_to_app

revision = "0001"
down_revision = None

TABLES = ("sources", "write_keys", "people", "identifiers", "lead_emails", "events", "rejected_events")

STATEMENTS = """
CREATE TABLE sources (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    event_kinds jsonb NOT NULL DEFAULT '{}',
    page_kinds jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT pk_sources PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_sources_name UNIQUE (tenant_id, name)
);
CREATE TABLE write_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    prefix text NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT pk_write_keys PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_write_keys_hash UNIQUE (tenant_id, hash),
    CONSTRAINT fk_write_keys_source FOREIGN KEY (tenant_id, source_id) REFERENCES sources (tenant_id, id)
);
CREATE INDEX ix_write_keys_hash ON write_keys (hash);
CREATE TABLE people (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid,
    named boolean NOT NULL DEFAULT false,
    merged_into uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 80);
CREATE TABLE identifiers (
    tenant_id uuid NOT NULL,
    hash text NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_identifiers PRIMARY KEY (tenant_id, hash)
);
CREATE TABLE lead_emails (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    email_hash text,
    open boolean NOT NULL,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT pk_lead_emails PRIMARY KEY (tenant_id, lead_id)
);
CREATE INDEX ix_lead_emails_oldest ON lead_emails (tenant_id, email_hash, created_at, lead_id) WHERE open;
CREATE TABLE events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    lead_id uuid,
    source_id uuid NOT NULL,
    message_id text NOT NULL,
    type text NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    path text,
    once_key bigint,
    payload text NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_events_waiting ON events (tenant_id, person_id) WHERE lead_id IS NULL;
CREATE INDEX ix_events_lead ON events (tenant_id, lead_id, occurred_at, id) WHERE lead_id IS NOT NULL;
CREATE INDEX ix_events_received ON events USING brin (received_at);
CREATE TABLE rejected_events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    reason text NOT NULL,
    field text,
    raw bytea NOT NULL,
    cut boolean NOT NULL,
    shape text NOT NULL,
    sent bigint,
    rejected_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open',
    replayed_at timestamptz,
    replayed_by text,
    replayed_as uuid,
    CONSTRAINT pk_rejected_events PRIMARY KEY (tenant_id, id),
    CONSTRAINT ck_rejected_events_state CHECK (state IN ('open', 'replayed'))
);
CREATE INDEX ix_rejected_events_newest ON rejected_events (tenant_id, rejected_at, id)
"""

# The front door does not know the tenant yet: by the hash of a key, and nothing else, it learns whose it is.
LOOK_UP = """
CREATE FUNCTION source_of_key(asked bytea)
RETURNS TABLE (tenant_id uuid, source_id uuid, key_id uuid, event_kinds jsonb, page_kinds jsonb,
               expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT k.tenant_id, k.source_id, k.id, s.event_kinds, s.page_kinds, k.expires_at
    FROM write_keys k JOIN sources s ON s.tenant_id = k.tenant_id AND s.id = k.source_id
    WHERE k.hash = asked AND k.revoked_at IS NULL
$$
"""


def upgrade() -> None:
    """First step."""
    create_chassis_tables(op)
    for statement in STATEMENTS.split(";"):
        op.execute(statement)
    for table in TABLES:
        enable_rls(op, table)
    for table in ("sources", "write_keys"):
        op.execute(f"CREATE POLICY look_up ON {table} FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(LOOK_UP)
    op.execute("REVOKE ALL ON FUNCTION source_of_key(bytea) FROM PUBLIC")
    grant_to_app(op, "FUNCTION source_of_key(bytea)", "EXECUTE")
