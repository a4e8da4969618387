"""When an event happened: reading times, and correcting a wrong clock. Milliseconds since the epoch."""

import re
from datetime import UTC, datetime, timedelta

from services.engagement.domain.errors import InvalidEvent

FUTURE = 24 * 3_600_000
"""An event may lie so far ahead of its arrival (F41)."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,12})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799_999  # the end of the year 9999


def read_time(value: object, pointer: str) -> int:
    """Milliseconds of an ISO 8601 time with zone, or of a number of milliseconds. Raises InvalidEvent."""
    if isinstance(value, str) and _ISO.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper().replace(",", "."))
            return (moment - _EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            raise InvalidEvent(pointer, "is no date and time that exists") from None
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value <= _LATEST:
            return value
        raise InvalidEvent(pointer, "is no time between 1970 and 9999, in milliseconds")
    raise InvalidEvent(pointer, "must be an ISO 8601 date and time with a zone, such as 2026-03-01T09:30:00Z")


def corrected(happened: int | None, sent: int | None, received: int, pointer: str = "/timestamp") -> int:
    """When it happened by our clock: received - (sent - happened), as Segment does it.

    Without `sent` the sender's clock is trusted; without `happened` it happened as it arrived.
    Raises InvalidEvent for what lies before 1970 or more than 24 h ahead of its arrival (F41).
    """
    if happened is None:
        return received
    moment = happened if sent is None else received - (sent - happened)
    if moment > received + FUTURE:
        raise InvalidEvent(pointer, "lies more than 24 hours in the future")
    if moment < 0:
        raise InvalidEvent(pointer, "lies before 1970")
    return moment
