"""What a conversion brings from the lead to the deal, sealed."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that the code of before leaves empty."""
    op.execute("ALTER TABLE opportunities ADD COLUMN pii bytea, ADD COLUMN key_id text")
