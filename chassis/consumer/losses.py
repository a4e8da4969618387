"""Losses of a consumer group: found in its stored positions, accepted by moving them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from chassis.db import UnitOfWork
from chassis.losses import Bounds, Loss, loss_at

_STORED = text(
    """
    SELECT partition, next_offset, topic_id FROM consumer_offsets
    WHERE group_name = :group AND topic = :topic ORDER BY partition FOR UPDATE
    """
)
_ACCEPT = text(
    """
    UPDATE consumer_offsets SET next_offset = :first, topic_id = :id, stored_at = now()
    WHERE group_name = :group AND topic = :topic AND partition = :partition
    """
)


def losses(uow: UnitOfWork, wire: Bounds, group: str, topic: str, id: str) -> list[Loss]:
    """What the group can never read any more of the topic. Its positions stay locked with the unit."""
    rows = uow.session.execute(_STORED, {"group": group, "topic": topic}).all()
    found = (
        loss_at(wire, group, (topic, row.partition), (row.next_offset, row.topic_id), id) for row in rows
    )
    return [loss for loss in found if loss is not None]


def accept(uow: UnitOfWork, lost: Sequence[Loss], ids: Mapping[str, str]) -> None:
    """Has the group read on from what there is; a member that runs notices and begins again."""
    for loss in lost:
        moved = {"first": loss.first, "id": ids[loss.topic], "partition": loss.partition}
        uow.session.execute(_ACCEPT, {"group": loss.reader, "topic": loss.topic, **moved})
