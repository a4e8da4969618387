"""Web forms and what they sent."""

from alembic import op

from chassis.migrations import enable_rls

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE forms (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name text NOT NULL,
    key text NOT NULL,
    active boolean NOT NULL,
    origins jsonb NOT NULL,
    mapping jsonb NOT NULL,
    honeypot text,
    double_opt_in boolean NOT NULL,
    redirect_url text,
    message text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key)
);
CREATE TABLE form_submissions (
    tenant_id uuid NOT NULL,
    form_id uuid NOT NULL,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'awaiting', 'flagged')),
    email_hash text,
    lead_id uuid,
    sent jsonb NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, form_id, id),
    FOREIGN KEY (tenant_id, form_id) REFERENCES forms
);
CREATE INDEX form_submissions_email ON form_submissions (tenant_id, form_id, email_hash);
CREATE INDEX form_submissions_newest ON form_submissions (tenant_id, form_id, received_at DESC, id DESC)
"""


def upgrade() -> None:
    """Makes both tables under forced row security."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("forms", "form_submissions"):
        enable_rls(op, table)
