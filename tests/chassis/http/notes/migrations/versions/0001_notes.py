"""Notes of a tenant."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Notes, each with a version."""
    create_chassis_tables(op)
    op.execute(
        """
        CREATE TABLE notes (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            text text NOT NULL,
            stars int NOT NULL DEFAULT 0,
            version int NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (tenant_id, id)
        )
        """
    )
    enable_rls(op, "notes")
