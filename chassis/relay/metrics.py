"""What a relay tells of itself, for Prometheus."""

from functools import cache

from prometheus_client import Counter, Gauge


class RelayMetrics:
    """Figures of the relay; a process makes one set of them."""

    def __init__(self) -> None:
        self.sent = Counter("outbox_sent", "Events acknowledged by the broker")
        self.errors = Counter("outbox_errors", "Events that the broker did not take", ["kind"])
        self.rows = Gauge("outbox_rows", "Events that wait, counted to 100,000")
        self.oldest = Gauge("outbox_oldest_seconds", "Age of the event that waits longest")
        self.shards = Gauge("outbox_shards_held", "Shards that this process sends")


@cache
def relay_metrics() -> RelayMetrics:
    """The process's figures, made at the first use."""
    return RelayMetrics()
