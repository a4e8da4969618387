"""Alerts, the inbox, messages on their way, what is known of leads and users, the clock."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls, grant_to_app

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE alerts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'urgent')),
    state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
    level int NOT NULL,
    cause text NOT NULL,
    cause_id text NOT NULL,
    raised_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    threshold int,
    score int,
    status text,
    owner_id uuid,
    escalated_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    resolved_reason text,
    CONSTRAINT pk_alerts PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_alerts_cause UNIQUE (tenant_id, kind, subject_id, cause)
);
CREATE INDEX ix_alerts_newest ON alerts (tenant_id, raised_at, id);
CREATE INDEX ix_alerts_subject ON alerts (tenant_id, subject_id, raised_at, id);
CREATE TABLE inbox_items (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('unread', 'read', 'archived')),
    notified_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_inbox_items PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_inbox_items_alert_recipient UNIQUE (tenant_id, alert_id, recipient_id),
    CONSTRAINT fk_inbox_items_alert FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts (tenant_id, id)
);
CREATE INDEX ix_inbox_items_newest ON inbox_items (tenant_id, recipient_id, notified_at, id);
CREATE TABLE messages (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    channel text NOT NULL,
    recipient_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'suppressed')),
    attempt int NOT NULL,
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    last_error text,
    CONSTRAINT pk_messages PRIMARY KEY (tenant_id, id),
    CONSTRAINT uq_messages_alert_channel_recipient UNIQUE (tenant_id, alert_id, channel, recipient_id),
    CONSTRAINT fk_messages_alert FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts (tenant_id, id)
);
CREATE INDEX ix_messages_due ON messages (due_at) WHERE state = 'queued';
CREATE TABLE leads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    owner_id uuid,
    pii bytea,
    key_id text,
    CONSTRAINT pk_leads PRIMARY KEY (tenant_id, id)
);
CREATE TABLE users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    login text NOT NULL,
    roles text[] NOT NULL,
    manager_id uuid,
    active boolean NOT NULL,
    pii bytea,
    key_id text,
    CONSTRAINT pk_users PRIMARY KEY (tenant_id, id)
);
CREATE TABLE clock_offset (
    tenant_id uuid NOT NULL,
    ahead_ms bigint NOT NULL CHECK (ahead_ms >= 0),
    CONSTRAINT pk_clock_offset PRIMARY KEY (tenant_id)
)
"""

# The sender serves every tenant but sees a message only under its tenant: this tells whom to look at.
TENANTS_WITH_DUE_MESSAGES = """
CREATE FUNCTION tenants_with_due_messages() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
        SELECT DISTINCT tenant_id FROM public.messages
        WHERE state = 'queued' AND due_at <= now() AND (leased_until IS NULL OR leased_until < now())
    $$
"""


def upgrade() -> None:
    """Creates everything of the first version."""
    create_chassis_tables(op)
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("alerts", "inbox_items", "messages", "leads", "users", "clock_offset"):
        enable_rls(op, table)
    op.execute("CREATE POLICY due ON messages FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(TENANTS_WITH_DUE_MESSAGES)
    op.execute("REVOKE ALL ON FUNCTION tenants_with_due_messages() FROM PUBLIC")
    grant_to_app(op, "FUNCTION tenants_with_due_messages()", "EXECUTE")
