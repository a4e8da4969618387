"""What a consumer tells of itself, for Prometheus."""

from functools import cache

from prometheus_client import Counter, Gauge


class ConsumerMetrics:
    """Figures of all consumers of a process; it makes one set of them."""

    def __init__(self) -> None:
        self.events = Counter(
            "consumer_events", "Records by what became of them", ["group", "topic", "outcome"]
        )
        self.dead_letters = Counter("dead_letters_events", "Records put aside", ["group", "cause"])
        self.lag = Gauge("consumer_lag_events", "Records not yet applied", ["group", "topic"])
        self.behind = Gauge("consumer_behind_seconds", "Age of the record applied last", ["group"])


@cache
def consumer_metrics() -> ConsumerMetrics:
    """The process's figures, made at the first use."""
    return ConsumerMetrics()
