"""Mails: what they are, when they are sent, when they are given up."""

from datetime import timedelta
from typing import Literal

MessageKind = Literal["alert", "confirmation", "welcome"]
ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=30)
FRESH = timedelta(hours=24)
"""A mail that is older than this helps nobody: it is not sent, as in a replay of the log (G16)."""
TOO_LATE = "too late to help"
"""Why such a mail is not sent."""
UNWANTED = "the person takes no e-mails"
"""Why one is not sent to somebody who took back the consent (F8)."""


def next_attempt(attempt: int) -> timedelta | None:
    """How long to wait after so many attempts were put off (SMTP 4xx, no connection); None: give up (F47)."""
    return FIRST_WAIT * 4 ** (attempt - 1) if attempt < ATTEMPTS else None
