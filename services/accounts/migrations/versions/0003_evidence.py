"""What is known of leads and deals, timelines, health with its contributions and its history."""

from alembic import op

from chassis.migrations import enable_rls, grant_to_app

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE leads (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    archived boolean NOT NULL,
    lead_source text,
    owner_id uuid,
    esg_interest text,
    linked_account_id uuid,
    account_id uuid,
    joined_at timestamptz,
    qualified_at timestamptz,
    score int NOT NULL,
    score_epoch bigint NOT NULL,
    score_sequence bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX leads_of_account ON leads (tenant_id, account_id, score DESC) WHERE account_id IS NOT NULL;
CREATE TABLE opportunities (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    account_id uuid NOT NULL,
    conversion_id uuid,
    opened_at timestamptz NOT NULL,
    deal_type text NOT NULL,
    outcome text NOT NULL,
    closed_at timestamptz,
    amount_minor bigint,
    currency text,
    withdrawn boolean NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX opportunities_of_account ON opportunities (tenant_id, account_id);
CREATE TABLE timeline (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid,
    lead_id uuid,
    opportunity_id uuid,
    at timestamptz NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    sign boolean NOT NULL,
    what jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX timeline_of_account ON timeline (tenant_id, account_id, at DESC, id DESC)
    WHERE account_id IS NOT NULL;
CREATE INDEX timeline_of_lead ON timeline (tenant_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE TABLE health_contributions (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    rule text NOT NULL,
    cause text NOT NULL,
    at timestamptz NOT NULL,
    points int NOT NULL,
    rule_points int NOT NULL,
    PRIMARY KEY (tenant_id, account_id, rule, cause),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE TABLE health_history (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    previous int NOT NULL,
    health int NOT NULL,
    rule text NOT NULL,
    cause text NOT NULL,
    PRIMARY KEY (tenant_id, account_id, version),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE TABLE clock_partitions (
    tenant_id uuid NOT NULL,
    partition int NOT NULL,
    time timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, partition)
);
ALTER TABLE accounts
    ADD COLUMN health_at timestamptz,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN risk_reason text,
    ADD COLUMN risk_since timestamptz,
    ADD COLUMN risk_cause uuid;
CREATE INDEX accounts_due ON accounts (due_at) WHERE closed_at IS NULL
"""

# A tick belongs to no tenant, and an account is seen only under its own: this tells whom to look at.
TENANTS_WITH_DUE_ACCOUNTS = """
CREATE FUNCTION tenants_with_due_accounts(until timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
        SELECT DISTINCT tenant_id FROM public.accounts WHERE closed_at IS NULL AND due_at <= until
    $$
"""


def upgrade() -> None:
    """Makes the tables, each under forced row security, and the look-up of what is due."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in (
        "leads",
        "opportunities",
        "timeline",
        "health_contributions",
        "health_history",
        "clock_partitions",
    ):
        enable_rls(op, table)
    op.execute("CREATE POLICY due ON accounts FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(TENANTS_WITH_DUE_ACCOUNTS)
    op.execute("REVOKE ALL ON FUNCTION tenants_with_due_accounts(timestamptz) FROM PUBLIC")
    grant_to_app(op, "FUNCTION tenants_with_due_accounts(timestamptz)", "EXECUTE")
