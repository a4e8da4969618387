"""What is said of all rows of a file is kept as the chassis keeps it for every service."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Code of the step before still reads the source, and writes nothing in `given`."""
    op.execute('ALTER TABLE imports ADD COLUMN given jsonb NOT NULL DEFAULT \'{"lead_source": "import"}\'')
    op.execute("ALTER TABLE imports ALTER COLUMN source SET DEFAULT 'import'")
    op.execute("ALTER TABLE imports NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE imports SET given = jsonb_build_object('lead_source', source)")
    op.execute("ALTER TABLE imports FORCE ROW LEVEL SECURITY")
