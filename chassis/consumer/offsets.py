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
_LOCK = text(f"{_READ.text} ORDER BY topic, partition FOR NO KEY UPDATE")
_CREATE = text(
    """
    INSERT INTO consumer_offsets (group_name, topic, partition, next_offset, topic_id)
    SELECT :group, * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]),
                                 CAST(:offsets AS bigint[]), CAST(:ids AS text[]))
    ON CONFLICT DO NOTHING
    """
)
_STORE = text(
    """
    UPDATE consumer_offsets SET next_offset = new.next_offset, stored_at = now()
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]))
        AS new(topic, partition, next_offset)
    WHERE group_name = :group AND consumer_offsets.topic = new.topic
        AND consumer_offsets.partition = new.partition
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


def lock(session: Session, group: str, expected: Mapping[Position, int]) -> None:
    """Locks positions until the transaction ends. Raises Overtaken unless all are as expected."""
    rows = session.execute(_LOCK, {"group": group, **_columns(expected)})
    if {(row.topic, row.partition): row.next_offset for row in rows} != dict(expected):
        raise Overtaken(f"{group}: another member has been here")


def store(session: Session, group: str, offsets: Mapping[Position, int]) -> None:
    """Moves positions, with the effects up to them."""
    session.execute(_STORE, {"group": group, **_columns(offsets), "offsets": list(offsets.values())})


def _columns(positions: Iterable[Position]) -> dict[str, list[object]]:
    pairs = list(positions)
    return {"topics": [topic for topic, _ in pairs], "partitions": [number for _, number in pairs]}
