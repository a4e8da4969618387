"""Positions of a group, kept in the service's own database beside the effects (G7)."""

from collections.abc import Iterable, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.consumer.errors import Overtaken
from chassis.consumer.records import Position

_READ = text(
    """
    SELECT topic, partition, next_offset, topic_id FROM consumer_offsets
    WHERE group_name = :group AND (topic, partition) IN (
        SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])))
    """
)
_CREATE = text(
    """
    INSERT INTO consumer_offsets (group_name, topic, partition, next_offset, topic_id)
    SELECT :group, * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]),
                                 CAST(:offsets AS bigint[]), CAST(:ids AS text[]))
    ON CONFLICT DO NOTHING
    """
)
# whoever comes second waits here and then finds another offset than it expects
_MOVE = text(
    """
    WITH asked AS (
        SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]),
                             CAST(:expected AS bigint[]), CAST(:ends AS bigint[]))
            AS row(topic, partition, expected, next_end)
    ), held AS (
        SELECT topic, partition, next_end FROM consumer_offsets JOIN asked USING (topic, partition)
        WHERE group_name = :group AND next_offset = expected
        ORDER BY topic, partition FOR NO KEY UPDATE OF consumer_offsets
    )
    UPDATE consumer_offsets SET next_offset = next_end, stored_at = now() FROM held
    WHERE group_name = :group AND consumer_offsets.topic = held.topic
        AND consumer_offsets.partition = held.partition
    RETURNING 1
    """
)


def load(session: Session, group: str, positions: Iterable[Position]) -> dict[Position, tuple[int, str]]:
    """Stored next offset and topic id of each position that has one."""
    return {
        (row.topic, row.partition): (row.next_offset, row.topic_id)
        for row in session.execute(_READ, {"group": group, **_columns(positions)})
    }


def create(session: Session, group: str, first: Mapping[Position, tuple[int, str]]) -> None:
    """Stores where a group begins; positions that are stored already stay."""
    values = {"offsets": [o for o, _ in first.values()], "ids": [i for _, i in first.values()]}
    session.execute(_CREATE, {"group": group, **_columns(first), **values})


def move(
    session: Session, group: str, expected: Mapping[Position, int], ends: Mapping[Position, int]
) -> None:
    """Moves positions on to `ends` with the transaction, which holds them until then.

    Raises Overtaken unless all are as expected.
    """
    places = {"expected": [expected[position] for position in ends], "ends": list(ends.values())}
    moved = session.execute(_MOVE, {"group": group, **_columns(ends), **places}).all()
    if len(moved) < len(ends):
        raise Overtaken(f"{group}: another member has been here")


def _columns(positions: Iterable[Position]) -> dict[str, list[object]]:
    pairs = list(positions)
    return {"topics": [topic for topic, _ in pairs], "partitions": [number for _, number in pairs]}
