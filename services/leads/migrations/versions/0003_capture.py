"""What a lead comes with and when it is to be answered; what a tenant decides for itself."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that may be null, so that the code of before goes on writing, and a table."""
    op.execute(
        """
        ALTER TABLE leads
            ADD COLUMN channel text,
            ADD COLUMN campaign text,
            ADD COLUMN referrer text,
            ADD COLUMN territory text,
            ADD COLUMN respond_by timestamptz,
            ADD COLUMN archived_at timestamptz,
            ADD COLUMN conversion_id uuid
        """
    )
    op.execute(
        """
        CREATE TABLE tenant_settings (
            tenant_id uuid NOT NULL,
            name text NOT NULL,
            version bigint NOT NULL,
            value jsonb NOT NULL,
            updated_at timestamptz NOT NULL,
            updated_by text NOT NULL,
            PRIMARY KEY (tenant_id, name)
        )
        """
    )
    enable_rls(op, "tenant_settings")
