"""The business clock."""

from datetime import datetime, timedelta

from services.notifications.domain.errors import OnlyForward


def offset_to(target: datetime, now: datetime, offset: timedelta) -> timedelta:
    """What the business clock must be ahead of the wall clock to stand at `target`. Raises OnlyForward."""
    if target < now:
        raise OnlyForward(f"It is {now.isoformat(timespec='seconds')} already.")
    return offset + (target - now)
