"""Origins from which a source's keys may be used in browsers."""

from alembic import op

from chassis.migrations import grant_to_app

revision = "0002"
down_revision = "0001"

LOOK_UP = """
CREATE FUNCTION source_of_key(asked bytea)
RETURNS TABLE (tenant_id uuid, source_id uuid, key_id uuid, event_kinds jsonb, page_kinds jsonb,
               expires_at timestamptz, origins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT k.tenant_id, k.source_id, k.id, s.event_kinds, s.page_kinds, k.expires_at, s.origins
    FROM write_keys k JOIN sources s ON s.tenant_id = k.tenant_id AND s.id = k.source_id
    WHERE k.hash = asked AND k.revoked_at IS NULL
$$
"""


def upgrade() -> None:
    """One column and one more answer of the look-up; the code before asks for neither."""
    op.execute("ALTER TABLE sources ADD COLUMN origins text[] NOT NULL DEFAULT '{}'")
    op.execute("DROP FUNCTION source_of_key(bytea)")
    op.execute(LOOK_UP)
    op.execute("REVOKE ALL ON FUNCTION source_of_key(bytea) FROM PUBLIC")
    grant_to_app(op, "FUNCTION source_of_key(bytea)", "EXECUTE")
