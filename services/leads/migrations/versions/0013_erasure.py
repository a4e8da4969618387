"""Leads whose persons were erased."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that the code of before leaves empty."""
    op.execute("ALTER TABLE leads ADD COLUMN erased_at timestamptz")
    op.execute("CREATE INDEX conversions_of_contact ON conversions (tenant_id, contact_id)")
    op.execute("CREATE INDEX leads_email_hash ON leads (tenant_id, email_hash) WHERE email_hash IS NOT NULL")
