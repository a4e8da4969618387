"""The relay's statements over outbox and dead letters, on the connection that holds the locks."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgpack
import orjson
import psycopg

from chassis.ids import derived_id
from chassis.outbox import CHANNEL, SHARDS

GROUP = "outbox"
"""Group name under which the dead letters of a relay are kept."""
LOCKS = 0x0B0C
"""First half of the advisory lock of a shard; the second is its number."""
BATCH_BYTES = 16 * 1024 * 1024

Connection = psycopg.Connection[Any]


class Row(NamedTuple):
    """An event that waits."""

    id: int
    tenant: UUID
    topic: str
    partition: int | None
    key: bytes
    value: bytes | None
    headers: bytes
    parked: bool

    @property
    def order(self) -> tuple[str, bytes]:
        """Within this, events keep their order."""
        return self.topic, self.key

    def header_pairs(self) -> list[tuple[str, str | bytes | None]]:
        """Headers as Kafka's client wants them."""
        return [(name, value) for name, value in orjson.loads(self.headers)]


_TAKE = """
SELECT id, tenant_id, topic, partition, key, value, headers, parked
FROM (
    SELECT *, sum(octet_length(value)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS so_far
    FROM (
        SELECT *, EXISTS (
            SELECT FROM parked_keys p
            WHERE p.tenant_id = o.tenant_id AND p.group_name = %(group)s
                AND p.topic = o.topic AND p.key = o.key
        ) AS parked
        FROM outbox o
        WHERE shard = ANY(%(shards)s) AND NOT (key = ANY(%(stopped)s))
        ORDER BY id
        LIMIT %(limit)s
    ) page
) sized
WHERE coalesce(so_far - octet_length(value), 0) <= %(bytes)s
ORDER BY id
"""

_KEEP = """
INSERT INTO dead_letters
    (tenant_id, id, group_name, topic, partition, position, key, value, headers, cause, detail, attempts)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1)
ON CONFLICT DO NOTHING
"""

_PARK = """
INSERT INTO parked_keys (tenant_id, group_name, topic, key) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""


def acquire(connection: Connection, held: set[int]) -> None:
    """Adds to `held` the shards whose lock is free. The lock lives and dies with the connection."""
    for shard in set(range(SHARDS)) - held:
        got = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCKS, shard)).fetchone()
        if got and got[0]:
            held.add(shard)


def listen(connection: Connection) -> None:
    """From now on the connection hears of new events."""
    connection.execute(f"LISTEN {CHANNEL}")


def take(connection: Connection, shards: set[int], stopped: Sequence[bytes], limit: int) -> list[Row]:
    """The first visible rows by id, whatever their age: an id may become visible after greater ones (G3)."""
    with connection.cursor(binary=True) as cursor:
        asked = {
            "group": GROUP,
            "shards": list(shards),
            "stopped": list(stopped),
            "limit": limit,
            "bytes": BATCH_BYTES,
        }
        return [Row(*row) for row in cursor.execute(_TAKE, asked)]


def delete(connection: Connection, ids: Sequence[int]) -> None:
    """Forgets what the broker has; fails if the connection, and with it the lock, is gone."""
    connection.execute("DELETE FROM outbox WHERE id = ANY(%s)", (list(ids),))


def set_aside(connection: Connection, rows: Sequence[Row], cause: str, detail: str) -> None:
    """Moves rows to the dead letters and parks their keys, so that what comes later follows them (F23)."""
    with connection.transaction():
        for row in rows:
            connection.execute(_PARK, (row.tenant, GROUP, row.topic, row.key))
            connection.execute(_KEEP, (*_letter(row), cause, detail))
        delete(connection, [row.id for row in rows])


def _letter(row: Row) -> tuple[Any, ...]:
    id = derived_id("dead-letter", GROUP, row.topic, row.id)
    partition = -1 if row.partition is None else row.partition
    headers = msgpack.packb(row.header_pairs())
    return row.tenant, id, GROUP, row.topic, partition, row.id, row.key, row.value, headers


def waiting(connection: Connection) -> tuple[int, float]:
    """How many rows wait (counted to 100,000) and the age of the oldest, seconds."""
    found = connection.execute(
        """
        SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT 100000) o),
               coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)
                         FROM outbox ORDER BY id LIMIT 1), 0)
        """
    ).fetchone()
    return (int(found[0]), float(found[1])) if found else (0, 0.0)


def prune(connection: Connection, days: int) -> None:
    """Forgets ids and answers that nobody will ask for again."""
    connection.execute("DELETE FROM inbox WHERE day < CURRENT_DATE - %s::int", (days,))
    connection.execute(
        "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(days => %s::int)", (days,)
    )
