from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from chassis.catalogue import Catalogue, TopicMismatch, ensure_topics, verify_topics
from tests.chassis.sample.world import eventually

DAY = 24 * 3_600_000


@pytest.fixture
def catalogue() -> Catalogue:
    """The contract under names that no other test uses, with few partitions."""
    mark, named = uuid4().hex[:6], ("clock.tick", "leads.subject-key", "leads.scoring-state", "leads.lead")
    topics = Catalogue.load().topics
    return Catalogue({f"{n}-{mark}": replace(topics[n], name=f"{n}-{mark}", partitions=3) for n in named})


@pytest.fixture
def admin(kafka: str) -> Any:
    return AdminClient({"bootstrap.servers": kafka})


def config(admin: Any, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return {
        name: entry.value for name, entry in admin.describe_configs([resource])[resource].result(10).items()
    }


def named(catalogue: Catalogue, name: str) -> str:
    return next(topic for topic in catalogue.topics if topic.startswith(name))


def test_topics_are_made_as_the_contract_says_and_only_once(
    catalogue: Catalogue, kafka: str, admin: Any
) -> None:
    assert set(ensure_topics(catalogue, kafka)) == set(catalogue.topics)
    assert ensure_topics(catalogue, kafka) == []
    verify_topics(catalogue, kafka)
    changelog = config(admin, named(catalogue, "leads.scoring-state"))
    assert (changelog["cleanup.policy"], changelog["min.compaction.lag.ms"]) == ("compact", str(7 * DAY))
    keys = config(admin, named(catalogue, "leads.subject-key"))
    assert (keys["cleanup.policy"], keys["delete.retention.ms"]) == ("compact", str(7 * DAY))
    assert config(admin, named(catalogue, "clock.tick"))["retention.ms"] == str(7 * DAY)
    assert config(admin, named(catalogue, "leads.lead"))["retention.ms"] == "-1"


def test_another_retention_reaches_a_topic_that_is_there(
    catalogue: Catalogue, kafka: str, admin: Any
) -> None:
    ensure_topics(catalogue, kafka)
    name = named(catalogue, "clock.tick")
    ensure_topics(Catalogue({name: replace(catalogue.topics[name], retention="1h")}), kafka)
    eventually(lambda: config(admin, name)["retention.ms"] == str(DAY // 24))


def test_a_topic_with_other_partitions_is_refused_and_left_alone(
    catalogue: Catalogue, kafka: str, admin: Any
) -> None:
    name = named(catalogue, "leads.lead")
    admin.create_topics([NewTopic(name, 1)])[name].result(10)
    with pytest.raises(TopicMismatch, match="has 1 partitions, the contract says 3"):
        ensure_topics(catalogue, kafka)
    with pytest.raises(TopicMismatch, match="is missing"):
        verify_topics(catalogue, kafka)
    assert len(admin.list_topics(timeout=10).topics[name].partitions) == 1
