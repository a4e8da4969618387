"""Pipelines, opportunities with their history, answers to conversions, what is known of accounts."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE pipelines (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    label text NOT NULL,
    stages jsonb NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE TABLE opportunities (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    title text NOT NULL,
    description text,
    account_id uuid NOT NULL,
    contact_id uuid,
    origin_lead_id uuid,
    conversion_id uuid,
    deal_type text NOT NULL CHECK (deal_type IN ('new_business', 'upsell', 'cross_sell', 'renewal')),
    pipeline text NOT NULL,
    stage text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('open', 'won', 'lost', 'withdrawn')),
    probability int NOT NULL CHECK (probability BETWEEN 0 AND 100),
    stage_since timestamptz NOT NULL,
    stale_at timestamptz,
    amount_minor bigint CHECK (amount_minor >= 0),
    currency text,
    lines jsonb NOT NULL,
    close_date date NOT NULL,
    closed_at timestamptz,
    reason_code text,
    reason text,
    competitor text,
    owner_id uuid,
    lead_source text,
    score_factor int CHECK (score_factor BETWEEN 80 AND 120),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline) REFERENCES pipelines,
    CHECK ((amount_minor IS NULL) = (currency IS NULL))
);
CREATE INDEX opportunities_newest ON opportunities (tenant_id, created_at DESC, id DESC);
CREATE INDEX opportunities_closing ON opportunities (tenant_id, close_date, id);
CREATE INDEX opportunities_stage ON opportunities (tenant_id, pipeline, stage);
CREATE INDEX opportunities_account ON opportunities (tenant_id, account_id);
CREATE INDEX opportunities_owner ON opportunities (tenant_id, owner_id);
CREATE TABLE history (
    tenant_id uuid NOT NULL,
    opportunity_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opened', 'changed', 'moved', 'reopened', 'withdrawn')),
    changed jsonb NOT NULL,
    previous text,
    seconds_in_previous bigint,
    reason_code text,
    reason text,
    competitor text,
    pipeline text NOT NULL,
    stage text NOT NULL,
    outcome text NOT NULL,
    probability int NOT NULL,
    amount_minor bigint,
    currency text,
    close_date date NOT NULL,
    closed_at timestamptz,
    owner_id uuid,
    PRIMARY KEY (tenant_id, opportunity_id, version),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES opportunities
);
CREATE TABLE conversions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    opportunity_id uuid NOT NULL,
    answer text NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    owner_id uuid,
    territory text,
    closed boolean NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security."""
    create_chassis_tables(op)
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("pipelines", "opportunities", "history", "conversions", "accounts"):
        enable_rls(op, table)
