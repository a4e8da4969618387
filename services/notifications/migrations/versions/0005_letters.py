"""Mails to people outside: what they are about, until when they help, and what of them is sealed."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE messages
    ALTER COLUMN alert_id DROP NOT NULL,
    ADD COLUMN kind text NOT NULL DEFAULT 'alert' CHECK (kind IN ('alert', 'confirmation', 'welcome')),
    ADD COLUMN good_until timestamptz,
    ADD COLUMN detail text,
    ADD COLUMN pii bytea,
    ADD COLUMN key_id text,
    ADD CONSTRAINT ck_messages_alert CHECK ((kind = 'alert') = (alert_id IS NOT NULL))
"""


def upgrade() -> None:
    """Adds what the code of before need not know: its messages are all of alerts."""
    op.execute(COLUMNS)
