"""Leads, their scores with contributions, both histories, the rules, the users."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE leads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    first_name text,
    last_name text,
    company text,
    job_title text,
    email text,
    email_normal text,
    email_hash text,
    phone text,
    phone_e164 text,
    industry text,
    company_size text CHECK (company_size IN ('small', 'mid_market', 'enterprise')),
    country text,
    region text,
    lead_source text NOT NULL,
    utm jsonb NOT NULL,
    description text,
    esg_interest text CHECK (esg_interest IN ('none', 'low', 'medium', 'high')),
    owner_id uuid,
    account_id uuid,
    status text NOT NULL CHECK (status IN ('new', 'contacted', 'qualified', 'unqualified', 'converted')),
    status_since timestamptz NOT NULL,
    pinned boolean NOT NULL,
    score int NOT NULL CHECK (score BETWEEN 0 AND 100),
    raw int NOT NULL,
    fit int NOT NULL,
    engagement int NOT NULL CHECK (fit + engagement = raw),
    grade text NOT NULL,
    rules_version int NOT NULL,
    next_change_at timestamptz,
    score_epoch bigint NOT NULL,
    score_sequence bigint NOT NULL,
    first_contacted_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX leads_newest ON leads (tenant_id, created_at DESC, id DESC);
CREATE INDEX leads_hottest ON leads (tenant_id, score DESC, id DESC);
CREATE INDEX leads_email ON leads (tenant_id, email_normal);
CREATE TABLE contributions (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    rule text NOT NULL,
    event_id uuid NOT NULL,
    rule_version int NOT NULL,
    category text NOT NULL,
    occurred_at timestamptz NOT NULL,
    points int NOT NULL,
    reason text,
    PRIMARY KEY (tenant_id, lead_id, rule, event_id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE TABLE score_history (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    epoch bigint NOT NULL,
    sequence bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    cause text NOT NULL,
    cause_id text NOT NULL,
    previous int NOT NULL,
    shown int NOT NULL,
    raw int NOT NULL,
    fit int NOT NULL,
    engagement int NOT NULL,
    grade text NOT NULL,
    rules_version int NOT NULL,
    PRIMARY KEY (tenant_id, lead_id, epoch, sequence),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE TABLE status_history (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    previous text,
    status text NOT NULL,
    seconds_in_previous bigint NOT NULL,
    reason_code text,
    reason text,
    warning text,
    score int NOT NULL,
    rules_version int NOT NULL,
    PRIMARY KEY (tenant_id, lead_id, version),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE TABLE adjustments (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    event_id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    points int NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (tenant_id, lead_id, event_id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE TABLE scoring_rules (
    tenant_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 1),
    rules jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    effective_at timestamptz,
    PRIMARY KEY (tenant_id, version)
);
CREATE TABLE users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    login text NOT NULL,
    roles jsonb NOT NULL,
    manager_id uuid,
    active boolean NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security."""
    create_chassis_tables(op)
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in (
        "leads",
        "contributions",
        "score_history",
        "status_history",
        "adjustments",
        "scoring_rules",
        "users",
    ):
        enable_rls(op, table)
