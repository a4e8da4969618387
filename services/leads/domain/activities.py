"""What people do with a lead, and when it was first contacted by a human (F84)."""

from datetime import datetime, timedelta
from typing import Final, Literal

Activity = Literal["call", "mail", "meeting", "note"]
CONTACTS: Final[frozenset[Activity]] = frozenset({"call", "mail", "meeting"})
"""What reaches the person; a note does not."""
SKEW: Final = timedelta(minutes=5)
"""By so much the clock of a caller may be ahead."""


class NotYet(Exception):
    """What is logged, or said, has happened already; this has not."""


def check_happened(happened_at: datetime, now: datetime) -> None:
    """Raises NotYet for a time to come."""
    if happened_at > now + SKEW:
        raise NotYet("This has not happened yet.")


def first_contact(known: datetime | None, activity: Activity, happened_at: datetime, human: bool) -> bool:
    """Whether this is the first human contact, as far as is known now: what is logged late may be it."""
    return human and activity in CONTACTS and (known is None or happened_at < known)
