"""The people of the tenant as all services keep them. The table `users` stays while old code writes it."""

from alembic import op

from chassis.migrations import create_colleagues

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table; identity.user is compacted, so the next event of every user fills it."""
    create_colleagues(op)
