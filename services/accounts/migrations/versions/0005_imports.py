"""Files on their way to be accounts, and by what an account is known that is there already."""

from alembic import op
from sqlalchemy import text

from chassis.companies import company_key, own_domain
from chassis.imports import create_imports

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE accounts ADD COLUMN external_id text, ADD COLUMN name_key text, ADD COLUMN domain_key text;
CREATE UNIQUE INDEX accounts_external_id ON accounts (tenant_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX accounts_by_name_key ON accounts (tenant_id, name_key, id);
CREATE INDEX accounts_by_domain_key ON accounts (tenant_id, domain_key, id)
"""
KEYED = text(
    "UPDATE accounts SET name_key = :name, domain_key = :domain WHERE tenant_id = :tenant AND id = :id"
)


def upgrade() -> None:
    """Makes tables and columns, fills the columns; what the code of before opens meanwhile has no keys."""
    for statement in COLUMNS.split(";"):
        op.execute(statement)
    create_imports(op)
    op.execute("ALTER TABLE accounts NO FORCE ROW LEVEL SECURITY")
    database = op.get_bind()
    for row in database.execute(text("SELECT tenant_id, id, name, domain FROM accounts")).all():
        domain = own_domain(f"@{row.domain.lower()}") if row.domain else None
        keys = {"name": company_key(row.name), "domain": domain}
        database.execute(KEYED, {"tenant": row.tenant_id, "id": row.id, **keys})
    op.execute("ALTER TABLE accounts FORCE ROW LEVEL SECURITY")
