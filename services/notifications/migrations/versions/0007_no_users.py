"""The table of users of before `colleagues`: nothing writes it any more, and nothing has read it since."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drops it, and what of people it still holds."""
    op.execute("DROP TABLE users")
