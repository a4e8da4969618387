"""What a conversion brings from the lead to the opportunity, sealed."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that the code of before leaves empty."""
    op.execute("ALTER TABLE conversions ADD COLUMN pii bytea, ADD COLUMN key_id text")
