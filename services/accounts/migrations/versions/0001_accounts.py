"""Accounts, their contacts, and what was answered to conversions."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name text NOT NULL,
    domain text,
    industry text,
    company_size text CHECK (company_size IN ('small', 'mid_market', 'enterprise')),
    country text,
    territory text,
    website text,
    phone text,
    description text,
    custom jsonb NOT NULL,
    owner_id uuid,
    parent_id uuid,
    tier text NOT NULL CHECK (tier IN ('strategic', 'growth', 'standard')),
    esg_engagement text CHECK (esg_engagement IN ('none', 'low', 'medium', 'high')),
    esg_score int CHECK (esg_score BETWEEN 0 AND 100),
    origin_lead_id uuid,
    conversion_id uuid,
    closed_at timestamptz,
    health int NOT NULL CHECK (health BETWEEN 0 AND 100),
    score int NOT NULL CHECK (score BETWEEN 0 AND 100),
    at_risk boolean NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES accounts
);
CREATE INDEX accounts_newest ON accounts (tenant_id, created_at DESC, id DESC);
CREATE INDEX accounts_by_name ON accounts (tenant_id, lower(name), id);
CREATE INDEX accounts_by_owner ON accounts (tenant_id, owner_id);
CREATE INDEX accounts_by_parent ON accounts (tenant_id, parent_id);
CREATE TABLE contacts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    first_name text,
    last_name text,
    job_title text,
    email text,
    email_normal text,
    email_hash text,
    phone text,
    phone_e164 text,
    is_primary boolean NOT NULL,
    origin_lead_id uuid,
    conversion_id uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE UNIQUE INDEX contacts_email ON contacts (tenant_id, email_normal) WHERE email_normal IS NOT NULL;
CREATE UNIQUE INDEX contacts_primary ON contacts (tenant_id, account_id) WHERE is_primary;
CREATE INDEX contacts_of_account ON contacts (tenant_id, account_id, created_at, id);
CREATE TABLE conversion_steps (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    account_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    answer text,
    record jsonb NOT NULL,
    withdrawn boolean NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX conversion_steps_of_lead ON conversion_steps (tenant_id, lead_id);
CREATE INDEX conversion_steps_of_account ON conversion_steps (tenant_id, account_id)
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security."""
    create_chassis_tables(op)
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("accounts", "contacts", "conversion_steps"):
        enable_rls(op, table)
