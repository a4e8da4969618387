"""Raw payloads go after a time; that the event was, and what it counted for, stays."""

from alembic import op

from chassis.migrations import grant_to_app

revision = "0003"
down_revision = "0002"

# It serves every tenant, so it stands outside row security, and can do nothing but this.
FORGET = """
CREATE FUNCTION forget_payloads(age interval, most int) RETURNS int
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH old AS (
        SELECT tenant_id, id FROM events
        WHERE payload <> '{}' AND received_at < now() - age
        ORDER BY received_at LIMIT most FOR UPDATE SKIP LOCKED
    ), forgotten AS (
        UPDATE events SET payload = '{}' FROM old
        WHERE events.tenant_id = old.tenant_id AND events.id = old.id
        RETURNING 1
    )
    SELECT count(*)::int FROM forgotten
$$
"""


def upgrade() -> None:
    """An index of what is still to go, and the function that lets it go."""
    op.execute("CREATE INDEX ix_events_payload ON events (received_at) WHERE payload <> '{}'")
    op.execute("CREATE POLICY forget ON events TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(FORGET)
    op.execute("REVOKE ALL ON FUNCTION forget_payloads(interval, int) FROM PUBLIC")
    grant_to_app(op, "FUNCTION forget_payloads(interval, int)", "EXECUTE")
