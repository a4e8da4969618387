"""What a group has seen, and which keys wait: one statement per tenant and batch."""

from uuid import UUID

from sqlalchemy import text

from chassis.db import UnitOfWork

Order = tuple[str, bytes | None]
"""Topic and key."""

# the share lock keeps a replay from freeing a key while a later event of it is put behind the others
_ARRIVE = text(
    """
    WITH fresh AS (
        INSERT INTO inbox (tenant_id, group_name, event_id)
        SELECT :tenant, :group, * FROM unnest(CAST(:ids AS uuid[]))
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), parked AS (
        SELECT p.topic, p.key FROM parked_keys p
        JOIN (SELECT DISTINCT * FROM unnest(CAST(:topics AS text[]), CAST(:keys AS bytea[])))
            AS asked(topic, key) USING (topic, key)
        WHERE p.tenant_id = :tenant AND p.group_name = :group
        FOR SHARE OF p
    )
    SELECT event_id, NULL::text AS topic, NULL::bytea AS key FROM fresh
    UNION ALL SELECT NULL, topic, key FROM parked
    """
)


def arrive(uow: UnitOfWork, group: str, ids: set[UUID], orders: set[Order]) -> tuple[set[UUID], set[Order]]:
    """The ids that were never seen before, now remembered; and which of the keys are parked."""
    keyed = [order for order in orders if order[1] is not None]
    rows = uow.session.execute(
        _ARRIVE,
        {
            "tenant": uow.tenant,
            "group": group,
            "ids": sorted(ids),  # one order for all members: no deadlocks
            "topics": [topic for topic, _ in keyed],
            "keys": [key for _, key in keyed],
        },
    ).all()
    fresh = {row.event_id for row in rows if row.event_id is not None}
    return fresh, {(row.topic, bytes(row.key)) for row in rows if row.event_id is None}
