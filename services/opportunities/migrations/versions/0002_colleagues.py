"""The people of the tenant: who may see which deal, and whom a deal may be given to."""

from alembic import op

from chassis.migrations import create_colleagues

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    create_colleagues(op)
