"""How a producer has to be set so that what the broker acknowledged is in its log, in order (G1).

Every producer of the product takes these; a topic's own pace and memory are its sender's.
"""

from typing import Any

DURABLE: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    # With more under way a batch that a new leader refuses counts as delivered once the next one is taken:
    # measured on topics made a moment ago, 1 in 7 lost its first batch without an error (librdkafka 2.16).
    "max.in.flight.requests.per.connection": 1,
    "partitioner": "murmur2_random",  # as Java's, so that Python and Java agree on a key's partition
}
