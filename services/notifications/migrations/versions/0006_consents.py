"""What people said of being written to."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE email_consents (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    version bigint NOT NULL,
    email_hash text,
    state text NOT NULL CHECK (state IN ('granted', 'withdrawn')),
    said_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, lead_id)
);
CREATE INDEX email_consents_of_address ON email_consents (tenant_id, email_hash)
"""


def upgrade() -> None:
    """Makes the table under forced row security."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    enable_rls(op, "email_consents")
