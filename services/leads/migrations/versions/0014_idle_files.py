"""Files that nobody starts are found, to be dropped."""

from alembic import op

from chassis.imports import find_idle_files

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what the code of before does not ask for."""
    find_idle_files(op)
