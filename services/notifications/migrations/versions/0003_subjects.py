"""Accounts and opportunities that alerts speak of; why a notice is told; the account of a lead."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that may be null, so that the code of before goes on writing, and a table."""
    op.execute("ALTER TABLE alerts ADD COLUMN detail text")
    op.execute("ALTER TABLE leads ADD COLUMN account_id uuid")
    op.execute(
        """
        CREATE TABLE subjects (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN ('account', 'opportunity')),
            version bigint NOT NULL,
            name text NOT NULL,
            owner_id uuid,
            CONSTRAINT pk_subjects PRIMARY KEY (tenant_id, id)
        )
        """
    )
    enable_rls(op, "subjects")
