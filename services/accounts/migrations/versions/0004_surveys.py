"""When a customer is asked how satisfied they are."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what may be null."""
    op.execute("ALTER TABLE accounts ADD COLUMN nps_due_on date")
