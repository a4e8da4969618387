"""What is written, what is read, and what the chassis needs."""

from alembic import op

from chassis.migrations import create_chassis_tables, enable_rls

revision = "0001"
down_revision = None


def upgrade() -> None:
    """First step."""
    create_chassis_tables(op)
    for table in ("leads", "tallies"):
        op.execute(
            f"""
            CREATE TABLE {table} (
                tenant_id uuid NOT NULL,
                lead_id text NOT NULL,
                version bigint NOT NULL,
                trail text NOT NULL DEFAULT '',
                PRIMARY KEY (tenant_id, lead_id)
            )
            """
        )
        enable_rls(op, table)
