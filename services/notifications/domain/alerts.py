"""Alerts and how they stand with people. What raises an alert is in `alerting`."""

from typing import Literal

from services.notifications.domain.errors import AlreadyResolved

AlertKind = Literal[
    "score_threshold",
    "high_value",
    "stagnation",
    "conversion_overdue",
    "unassigned_lead",
    "sla_breach",
    "upsell_lead",
    "at_risk_account",
    "stale_deal",
]
Severity = Literal["info", "warning", "urgent"]
AlertState = Literal["open", "acknowledged", "resolved"]
ItemState = Literal["unread", "read", "archived"]


def acknowledged(state: AlertState) -> AlertState:
    """The state after a person took notice; again is a no-op. Raises AlreadyResolved."""
    if state == "resolved":
        raise AlreadyResolved("The cause of this alert has ended already.")
    return "acknowledged"
