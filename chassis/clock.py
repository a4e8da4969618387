"""Business time. Time-outs and waits use time.monotonic; what is stored or sent asks a Clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Says what time it is for the business."""

    def now(self) -> datetime:
        """The time, aware, in UTC. Does not block."""


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)


def millis(moment: datetime) -> int:
    """Milliseconds since the Unix epoch, cut down. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return (moment - _EPOCH) // _MILLISECOND


def from_millis(value: int) -> datetime:
    """The aware UTC time of milliseconds since the epoch. Raises OverflowError beyond the year 9999."""
    return _EPOCH + value * _MILLISECOND
