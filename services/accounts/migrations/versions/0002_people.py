"""The people of the tenant, the team of an account, what a tenant sets; a version for every contact."""

from alembic import op

from chassis.migrations import create_colleagues, enable_rls

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE team_members (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, account_id, user_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE INDEX team_members_of_user ON team_members (tenant_id, user_id);
CREATE TABLE account_settings (
    tenant_id uuid NOT NULL,
    version bigint NOT NULL,
    tiers jsonb NOT NULL,
    risk_below int NOT NULL,
    quiet_after_days int NOT NULL,
    silent_after_days int NOT NULL,
    PRIMARY KEY (tenant_id)
);
ALTER TABLE contacts ADD COLUMN version bigint NOT NULL DEFAULT 1
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security."""
    create_colleagues(op)
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("team_members", "account_settings"):
        enable_rls(op, table)
