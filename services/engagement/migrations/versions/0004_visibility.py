"""Whose leads are, where they lie and to which accounts they belong; the people of the tenant."""

from alembic import op

from chassis.migrations import create_colleagues, enable_rls

revision = "0004"
down_revision = "0003"

# Of a lead that is known already nobody knows whose it is until it is told of again: so it is nobody's whom
# there is, and not of those that wait for an owner, which many may see.
COLUMNS = """
ALTER TABLE lead_emails
    ADD COLUMN owner_id uuid DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN territory text,
    ADD COLUMN account_id uuid
"""
ACCOUNTS = """
CREATE TABLE accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    owner_id uuid,
    CONSTRAINT pk_accounts PRIMARY KEY (tenant_id, id)
)
"""


def upgrade() -> None:
    """Adds what the code of before neither reads nor writes."""
    create_colleagues(op)
    op.execute(COLUMNS)
    op.execute(ACCOUNTS)
    op.execute("CREATE INDEX ix_accounts_owner ON accounts (tenant_id, owner_id)")
    enable_rls(op, "accounts")
