"""Conversions, and what a lead became."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE leads
    ADD COLUMN converted_to_account uuid,
    ADD COLUMN converted_to_opportunity uuid;
CREATE TABLE conversions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    path text NOT NULL CHECK (path IN ('A', 'B')),
    state text NOT NULL CHECK (state IN ('account_wanted', 'opportunity_wanted', 'done', 'failed')),
    account_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    opportunity_id uuid,
    account_owner_id uuid,
    account_name text,
    code text,
    reason text,
    command jsonb NOT NULL,
    actor text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    score jsonb NOT NULL,
    amount_minor bigint CHECK (amount_minor >= 0),
    currency text,
    close_date date NOT NULL,
    unmapped jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE UNIQUE INDEX conversions_one_a_lead ON conversions (tenant_id, lead_id) WHERE state <> 'failed';
CREATE INDEX conversions_newest ON conversions (tenant_id, started_at DESC, id DESC)
"""


def upgrade() -> None:
    """Adds to the lead, makes the tables."""
    for statement in CHANGES.split(";"):
        op.execute(statement)
    enable_rls(op, "conversions")
