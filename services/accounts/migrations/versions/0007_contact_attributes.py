"""What a conversion brings from the lead to the contact."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that the code of before leaves empty."""
    op.execute("ALTER TABLE contacts ADD COLUMN attributes jsonb")
