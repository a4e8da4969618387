"""Who gets a lead: what is known of accounts, every assignment, and how to look for whoever is next."""

from alembic import op

from chassis.migrations import enable_rls, grant_to_app

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    owner_id uuid,
    closed boolean NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX accounts_of_owner ON accounts (tenant_id, owner_id);
CREATE TABLE assignments (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    previous_owner_id uuid,
    owner_id uuid,
    rule text NOT NULL,
    reason text NOT NULL,
    turn bigint,
    PRIMARY KEY (tenant_id, lead_id, version),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads
);
CREATE INDEX assignments_turn ON assignments (tenant_id, turn) WHERE turn IS NOT NULL;
CREATE INDEX assignments_turn_of_owner ON assignments (tenant_id, owner_id, turn) WHERE turn IS NOT NULL;
CREATE INDEX leads_of_owner ON leads (tenant_id, owner_id, created_at DESC, id DESC);
CREATE INDEX leads_of_account ON leads (tenant_id, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX leads_open_work ON leads (tenant_id, owner_id)
    WHERE status IN ('new', 'contacted', 'qualified') AND archived_at IS NULL;
CREATE INDEX leads_untouched ON leads (respond_by)
    WHERE first_contacted_at IS NULL AND owner_id IS NOT NULL
        AND status IN ('new', 'contacted', 'qualified') AND archived_at IS NULL
"""

# One question for the app, two statements within: the second one sees what whoever had the lock has stored.
CREW = """
CREATE FUNCTION crew(tenant uuid, named uuid[], teams text[], linked uuid[], most int)
    RETURNS TABLE (id uuid, roles text[], team text, territories text[], active boolean, capacity int,
                   absent_from timestamptz, absent_until timestamptz, accounts uuid[], open bigint,
                   last_turn bigint, newest_turn bigint)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public
    AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('assignment:' || tenant, 0));
        RETURN QUERY
        SELECT c.id, c.roles, c.team, c.territories, c.active, c.capacity, c.absent_from, c.absent_until,
            ARRAY(SELECT a.id FROM accounts a
                  WHERE a.tenant_id = tenant AND a.owner_id = c.id AND a.id = ANY(linked)),
            (SELECT count(*) FROM (
                SELECT 1 FROM leads l
                WHERE l.tenant_id = tenant AND l.owner_id = c.id AND l.archived_at IS NULL
                    AND l.status IN ('new', 'contacted', 'qualified')
                LIMIT COALESCE(c.capacity, most)) AS o),
            COALESCE((SELECT max(t.turn) FROM assignments t
                      WHERE t.tenant_id = tenant AND t.owner_id = c.id AND t.turn IS NOT NULL), 0),
            COALESCE((SELECT max(t.turn) FROM assignments t
                      WHERE t.tenant_id = tenant AND t.turn IS NOT NULL), 0)
        FROM colleagues c
        WHERE c.tenant_id = tenant AND c.active AND ('rep' = ANY(c.roles) OR c.id = ANY(named)
            OR c.team = ANY(teams) OR c.id IN (
                SELECT a.owner_id FROM accounts a WHERE a.tenant_id = tenant AND a.id = ANY(linked)));
    END
    $$
"""

# The tick serves every tenant but sees a lead only under its tenant: this tells whom to look at.
UNTOUCHED = """
CREATE FUNCTION tenants_with_untouched_leads(at timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
        SELECT s.tenant_id FROM public.tenant_settings s
        WHERE s.name = 'assignment' AND s.value @> '{"reroute_untouched": true}' AND EXISTS (
            SELECT 1 FROM public.leads l
            WHERE l.tenant_id = s.tenant_id AND l.respond_by <= at
                AND l.first_contacted_at IS NULL AND l.owner_id IS NOT NULL
                AND l.status IN ('new', 'contacted', 'qualified') AND l.archived_at IS NULL)
    $$
"""


def upgrade() -> None:
    """Creates tables, indexes and the two questions."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    for table in ("accounts", "assignments"):
        enable_rls(op, table)
    op.execute(CREW)
    op.execute("CREATE POLICY due ON leads FOR SELECT TO CURRENT_USER USING (true)")
    op.execute("CREATE POLICY due ON tenant_settings FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(UNTOUCHED)
    op.execute("REVOKE ALL ON FUNCTION tenants_with_untouched_leads(timestamptz) FROM PUBLIC")
    grant_to_app(op, "FUNCTION tenants_with_untouched_leads(timestamptz)", "EXECUTE")
