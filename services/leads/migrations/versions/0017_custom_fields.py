"""Leads hold what a tenant's own fields say."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that the code of before leaves empty."""
    op.execute("ALTER TABLE leads ADD COLUMN custom jsonb")
