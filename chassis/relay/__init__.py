"""The way of events from the outbox to Kafka: at least once, in order per aggregate, one relay per shard."""

from chassis.relay.loop import Relay

__all__ = ["Relay"]
