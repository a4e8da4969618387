"""Topics on the broker: made as the contract says, and refused where they are otherwise."""

import time
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from chassis.catalogue.contract import Catalogue, ContractError, Topic

SECONDS = 15.0


class TopicMismatch(ContractError):
    """A topic on the broker is not what the contract says, or not there."""


def ensure_topics(catalogue: Catalogue, bootstrap: str, replication: int = -1) -> list[str]:
    """Makes the topics that are missing, brings configurations up to the contract; names of the new ones.

    Raises TopicMismatch for a topic with another number of partitions, which it never changes: a key's
    order would break (F35). -1 leaves the replication to the broker. Repeating it changes nothing. Blocks.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    there = _partitions(admin)
    _refuse(_mismatches(catalogue, there, missing=False))
    new = [topic for topic in catalogue.topics.values() if topic.name not in there]
    _create(admin, new, replication)
    _await(admin, {topic.name for topic in new})
    _configure(admin, [topic for topic in catalogue.topics.values() if topic.name in there])
    return [topic.name for topic in new]


def verify_topics(catalogue: Catalogue, bootstrap: str) -> None:
    """Raises TopicMismatch where a topic is missing or has other partitions (F36). Blocks."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    _refuse(_mismatches(catalogue, _partitions(admin), missing=True))


def _partitions(admin: Any) -> dict[str, int]:
    return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=SECONDS).topics.items()}


def _mismatches(catalogue: Catalogue, there: dict[str, int], *, missing: bool) -> list[str]:
    wrong = [
        f"{topic.name} has {there[topic.name]} partitions, the contract says {topic.partitions}"
        for topic in catalogue.topics.values()
        if there.get(topic.name, topic.partitions) != topic.partitions
    ]
    absent = [
        f"{name} is missing; run: python -m chassis.catalogue apply"
        for name in catalogue.topics
        if name not in there
    ]
    return wrong + (absent if missing else [])


def _refuse(mismatches: list[str]) -> None:
    if mismatches:
        raise TopicMismatch("; ".join(mismatches))


def _create(admin: Any, topics: list[Topic], replication: int) -> None:
    """Makes topics; one that another process made at this moment counts as made."""
    if not topics:
        return
    wanted = [NewTopic(t.name, t.partitions, replication_factor=replication, config=t.config) for t in topics]
    for done in admin.create_topics(wanted, operation_timeout=SECONDS, request_timeout=SECONDS).values():
        try:
            done.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _await(admin: Any, names: set[str]) -> None:
    """Waits until the broker lists topics: the controller has them a moment before. Raises TimeoutError."""
    until = time.monotonic() + SECONDS
    while missing := names - _partitions(admin).keys():
        if time.monotonic() > until:
            raise TimeoutError(f"made, and not listed after {SECONDS:.0f} s: {', '.join(sorted(missing))}")
        time.sleep(0.05)


def _configure(admin: Any, topics: list[Topic]) -> None:
    """Sets the stated configuration on topics that are already there; other entries stay as they are."""
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            topic.name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in topic.config.items()
            ],
        )
        for topic in topics
    ]
    if resources:
        for done in admin.incremental_alter_configs(resources, request_timeout=SECONDS).values():
            done.result()
