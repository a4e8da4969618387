"""How far readers are behind, as Kafka knows it: for people; nothing rests on it."""

from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

SECONDS = 10.0


@dataclass(frozen=True)
class Lag:
    """A group's way through one topic, over all partitions."""

    group: str
    topic: str
    end: int
    """Records ever written."""
    behind: int
    """Records that the group has not told to have read; its last seconds may be missing."""


def lags(bootstrap: str) -> list[Lag]:
    """Every group's lag per topic, by name. Blocks for at most 10 s a step; raises KafkaException."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    groups = sorted(g.group_id for g in admin.list_consumer_groups(request_timeout=SECONDS).result().valid)
    committed = {group: _committed(admin, group) for group in groups}
    ends = _ends(admin, {(p.topic, p.partition) for found in committed.values() for p in found})
    return [lag for group in groups for lag in _by_topic(group, committed[group], ends)]


def _committed(admin: AdminClient, group: str) -> list[TopicPartition]:
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=SECONDS)
    return list(asked[group].result().topic_partitions or [])


def _ends(admin: AdminClient, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    wanted = {TopicPartition(*place): OffsetSpec.latest() for place in places}  # type: ignore[no-untyped-call]
    found = admin.list_offsets(wanted, request_timeout=SECONDS) if wanted else {}
    return {(p.topic, p.partition): future.result().offset for p, future in found.items()}


def _by_topic(group: str, committed: list[TopicPartition], ends: dict[tuple[str, int], int]) -> Iterable[Lag]:
    for topic in sorted({p.topic for p in committed}):
        mine = [p for p in committed if p.topic == topic]
        end = sum(ends[topic, p.partition] for p in mine)
        yield Lag(group, topic, end, sum(max(0, ends[topic, p.partition] - max(p.offset, 0)) for p in mine))
