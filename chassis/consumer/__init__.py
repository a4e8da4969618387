"""Kafka in: batches of events, each applied once, in order per key, in one transaction with its position.

A service declares handlers with `Consumers`; `ConsumerLoop` runs them. What cannot be applied goes to the
dead letters and parks its key, so later events of the key wait behind it; errors of the surroundings are
waited out. Kafka's own committed offset is a hint for lag displays only.
"""

from chassis.consumer.errors import ConsumerStopped, OffsetLost, TooManyFailures, TopicRecreated
from chassis.consumer.loop import ConsumerLoop
from chassis.consumer.records import Decoder, Event, RawRecord
from chassis.consumer.registry import Consumers, Lane

__all__ = [
    "ConsumerLoop",
    "ConsumerStopped",
    "Consumers",
    "Decoder",
    "Event",
    "Lane",
    "OffsetLost",
    "RawRecord",
    "TooManyFailures",
    "TopicRecreated",
]
