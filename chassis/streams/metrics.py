"""What a stream processor tells of itself, for Prometheus."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (1, 10, 100, 1_000, 4_000, 16_000)


class StreamMetrics:
    """Figures of one processor; a process makes one set of them."""

    def __init__(self) -> None:
        self.events = Counter("stream_events", "Records folded", ["processor"])
        self.dead_letters = Counter("stream_dead_letters", "Records that could not be applied", ["processor"])
        self.outputs = Counter("stream_outputs", "Records sent", ["processor"])
        self.chunk = Histogram(
            "stream_chunk_events",
            "Records in one group",
            ["processor"],
            buckets=(1, 10, 100, 1_000, 4_000, 16_000),
        )
        self.lag = Gauge("stream_lag_events", "Records not yet folded", ["processor", "topic"])
        self.behind = Gauge("stream_behind_seconds", "Age of the last folded record", ["processor"])
        self.parked = Gauge("stream_parked_keys", "Keys that wait for a repair", ["processor"])
        self.states = Gauge("stream_states", "States in memory", ["processor"])


@cache
def stream_metrics() -> StreamMetrics:
    """The process's figures, made at the first use."""
    return StreamMetrics()


class ProcessorMetrics:
    """The figures of one fold."""

    def __init__(self, processor: str) -> None:
        all_ = stream_metrics()
        self.events = all_.events.labels(processor)
        self.dead_letters = all_.dead_letters.labels(processor)
        self.outputs = all_.outputs.labels(processor)
        self.chunk = all_.chunk.labels(processor)
        self.behind = all_.behind.labels(processor)
        self.parked = all_.parked.labels(processor)
        self.states = all_.states.labels(processor)
        self._lag = all_.lag
        self._name = processor

    def lag(self, topic: str, records: int) -> None:
        """Records of a topic that are not folded yet."""
        self._lag.labels(self._name, topic).set(records)
