"""Losses of a processor: found in its changelog without a claim, accepted by a member that takes over."""

import os
from collections.abc import Mapping
from typing import Any

from chassis.losses import Loss, loss_at
from chassis.streams.changelog import CLAIM, Loaded, Replay
from chassis.streams.contract import Fold
from chassis.streams.wire import SourceLost, StreamError, TopicRecreated, Wire


def loss_in(fold: Fold[Any], wire: Wire, place: tuple[str, int], found: Loaded, id: str) -> Loss | None:
    """The loss at a place for who has loaded this. Repairs and ticks may be overtaken without one."""
    topic, _ = place
    if topic not in found.positions:
        return None
    stored = found.positions[topic], found.topic_ids.get(topic, id)
    loss = loss_at(wire, fold.name, place, stored, id)
    harmless = loss and not loss.recreated and loss.position < loss.first and topic not in fold.inputs
    return None if harmless else loss


def error_of(loss: Loss) -> StreamError:
    """Why a member that meets the loss must end."""
    return TopicRecreated(str(loss)) if loss.recreated else SourceLost(str(loss))


def losses(fold: Fold[Any], wire: Wire, topic: str, ids: Mapping[str, tuple[str, int]]) -> list[Loss]:
    """What the processor can never read any more of a topic. Only looks: nobody loses the partitions."""
    id, partitions = ids[topic]
    found = (loss_in(fold, wire, (topic, n), _seen(fold, wire, n), id) for n in range(partitions))
    return [loss for loss in found if loss is not None]


def _seen(fold: Fold[Any], wire: Wire, number: int) -> Loaded:
    """What a member that took the partition now would load."""
    replay = Replay(os.urandom(8))
    end = wire.bounds(fold.changelog, number)[1]
    if wire.bounds(fold.changelog, number)[0] < end:
        for record in wire.replay(fold.changelog, [number]):
            replay.feed(record.offset, record.timestamp, record.key, record.value)
            if record.offset >= end - 1:
                break
    replay.feed(end, 0, CLAIM + replay.token, replay.token)
    return replay.finish(0)
