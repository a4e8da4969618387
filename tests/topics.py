"""Reading a topic as a judge does: with a plain client, all that is in it at this moment."""

import time
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer, TopicPartition

SECONDS = 60
"""For so long the broker may say nothing: a loaded machine takes its time."""


def records(kafka: str, topic: str) -> Iterator[Any]:
    """Every record of a topic, those of one partition in their order. Blocks; fails in a long silence."""
    reader: Any = Consumer({"bootstrap.servers": kafka, "group.id": "judge", "enable.auto.commit": False})
    try:
        numbers = reader.list_topics(topic, timeout=SECONDS).topics[topic].partitions
        bounds = {n: reader.get_watermark_offsets(TopicPartition(topic, n), timeout=SECONDS) for n in numbers}
        ends = {n: end for n, (start, end) in bounds.items() if start < end}
        reader.assign([TopicPartition(topic, n, bounds[n][0]) for n in ends])
        yield from _until(reader, ends)
    finally:
        reader.close()


def _until(reader: Any, ends: dict[int, int]) -> Iterator[Any]:
    heard = time.monotonic()
    while ends:
        for message in reader.consume(10_000, 0.1):
            number = message.partition()
            if message.error() is None and number in ends:
                heard = time.monotonic()
                yield message
                if message.offset() + 1 >= ends[number]:
                    del ends[number]
        assert time.monotonic() - heard < SECONDS, f"nothing read for {SECONDS} s, still to come: {ends}"
