"""How a stream processor is run."""

from dataclasses import dataclass
from typing import Literal

Host = Literal["confluent", "faust"]


@dataclass(frozen=True)
class StreamSettings:
    """Address and manner of one member."""

    bootstrap: str
    client: str
    """Name of this process, for the broker's log."""
    host: Host = "confluent"
    session_timeout: float = 10.0
    """Seconds without a heartbeat after which the group gives a member's partitions away."""
