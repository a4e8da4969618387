"""Rules of alerts, notices, inbox, messages and the clock. No I/O."""

from services.notifications.domain.alerts import AlertKind, AlertState, ItemState, Severity, acknowledged
from services.notifications.domain.audience import Colleague, audience, concerned, superiors
from services.notifications.domain.clock import offset_to
from services.notifications.domain.errors import (
    AlreadyResolved,
    NotFound,
    NotificationsError,
    OnlyForward,
    RealTime,
    UnknownAlert,
)
from services.notifications.domain.messages import (
    ATTEMPTS,
    FRESH,
    TOO_LATE,
    UNWANTED,
    MessageKind,
    next_attempt,
)
from services.notifications.domain.notices import Notice, NoticeKind, addressed

__all__ = [
    "ATTEMPTS",
    "FRESH",
    "TOO_LATE",
    "UNWANTED",
    "AlertKind",
    "AlertState",
    "AlreadyResolved",
    "Colleague",
    "ItemState",
    "MessageKind",
    "NotFound",
    "Notice",
    "NoticeKind",
    "NotificationsError",
    "OnlyForward",
    "RealTime",
    "Severity",
    "UnknownAlert",
    "acknowledged",
    "addressed",
    "audience",
    "concerned",
    "next_attempt",
    "offset_to",
    "superiors",
]
