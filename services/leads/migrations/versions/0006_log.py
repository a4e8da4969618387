"""What a person allows, which way a lead came in whose words, and a log of what else happens to it."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that may be null, and the log."""
    op.execute(
        """
        ALTER TABLE leads
            ADD COLUMN own_source text,
            ADD COLUMN own_industry text,
            ADD COLUMN consents jsonb,
            ADD COLUMN first_touch jsonb,
            ADD COLUMN last_touch jsonb
        """
    )
    op.execute(
        """
        CREATE TABLE lead_log (
            tenant_id uuid NOT NULL,
            lead_id uuid NOT NULL,
            version bigint NOT NULL,
            at timestamptz NOT NULL,
            actor text NOT NULL,
            kind text NOT NULL,
            what jsonb NOT NULL,
            why text,
            PRIMARY KEY (tenant_id, lead_id, version),
            FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
        )
        """
    )
    enable_rls(op, "lead_log")
