"""Where a lead lies: by this, too, colleagues may see its alerts."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that may be null; the next event of a lead fills it."""
    op.execute("ALTER TABLE leads ADD COLUMN territory text")
