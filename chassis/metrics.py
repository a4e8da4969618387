"""Every figure of a process that Prometheus can read. Labels carry names of parts, never ids or people."""

from datetime import datetime
from functools import cache

from prometheus_client import Gauge, Histogram

from chassis.clock import millis

NAMES = {
    "consumer_lag_events": "records of a topic that a consumer group has not yet applied",
    "consumer_behind_seconds": "age of the record that a consumer group applied last",
    "consumer_events_total": "records applied, by group, topic and outcome (applied, repeated, parked)",
    "outbox_rows": "events that wait for the relay",
    "outbox_oldest_seconds": "age of the oldest event that waits for the relay",
    "outbox_sent_total": "events that the broker has acknowledged",
    "outbox_errors_total": "events that the broker did not take, by kind of error",
    "outbox_shards_held": "shards of the outbox that this process sends",
    "dead_letters_events_total": "records that were put aside, by group and cause",
    "score_latency_seconds": "from the front door to the stored score",
    "alert_latency_seconds": "from the front door to the alert in the inbox",
    "clock_tick_age_seconds": "since the last tick; a stopped clock stops timers",
    "role_up": "1 while a role of this process runs",
    "http_request_seconds": "time to answer, by method, route and status",
    "stream_events_total": "records folded by a processor",
    "stream_dead_letters_total": "records that a processor could not apply",
    "stream_outputs_total": "records that a processor sent",
    "stream_chunk_events": "records in one group of a processor",
    "stream_lag_events": "records of an input that a processor has not yet folded",
    "stream_behind_seconds": "age of the record that a processor folded last",
    "stream_parked_keys": "keys that wait for a repair",
    "stream_states": "states that a processor holds in memory",
}
"""Name to meaning; a test holds it against what processes show."""

REPLAY_SECONDS = 3600
LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 10, 60)


class Metrics:
    """Figures that belong to no single part; the others are made where they are counted."""

    def __init__(self) -> None:
        self.score_latency = Histogram(
            "score_latency_seconds", NAMES["score_latency_seconds"], buckets=LATENCY
        )
        self.alert_latency = Histogram(
            "alert_latency_seconds", NAMES["alert_latency_seconds"], buckets=LATENCY
        )
        self.tick_age = Gauge("clock_tick_age_seconds", NAMES["clock_tick_age_seconds"])
        self.role_up = Gauge("role_up", NAMES["role_up"], ["role"])


def waited(figure: Histogram, since: int, now: datetime) -> None:
    """Notes how long something took that began at `since` (milliseconds); a replay of old things is none."""
    seconds = (millis(now) - since) / 1000
    if seconds < REPLAY_SECONDS:
        figure.observe(max(0.0, seconds))


@cache
def metrics() -> Metrics:
    """The process's figures, made at the first use."""
    return Metrics()
