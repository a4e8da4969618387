"""What the broker acknowledged is in its log, also where the producer was there before the leader."""

import time
from typing import Any
from uuid import uuid4

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from chassis.durable import DURABLE
from tests.topics import records

ROUNDS, TOPICS, PARTITIONS = 12, 6, 12
BURSTS, BURST, PAUSE = 15, 40, 0.02


def test_topics_made_a_moment_ago_keep_every_record_that_was_acknowledged(kafka: str) -> None:
    """With five requests in flight one round in seven loses some, on a machine that has much to do."""
    admin = AdminClient({"bootstrap.servers": kafka})
    for _ in range(ROUNDS):
        names = [f"durable-{uuid4().hex[:8]}" for _ in range(TOPICS)]
        made = admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        for future in made.values():
            future.result(30)
        acknowledged = write_at_once(kafka, names[:2])
        found = [int(record.value()) for name in names[:2] for record in records(kafka, name)]
        assert sorted(found) == acknowledged
        for future in admin.delete_topics(names).values():
            future.result(30)


def write_at_once(kafka: str, topics: list[str]) -> list[int]:
    """Writes numbers in bursts, as a service does when work begins; those that the broker has."""
    taken: list[int] = []

    def told(error: object, message: Any) -> None:
        if error is None:
            taken.append(int(message.value()))

    producer = Producer(
        {
            **DURABLE,
            "bootstrap.servers": kafka,
            "linger.ms": 5,
            "on_delivery": told,
        }
    )
    for n in range(BURSTS * BURST):
        producer.produce(topics[n % len(topics)], b"%d" % n, b"%d" % (n % 97))
        if n % BURST == BURST - 1:
            producer.poll(0)
            time.sleep(PAUSE)
    assert producer.flush(60) == 0
    assert len(taken) == BURSTS * BURST
    return sorted(taken)
