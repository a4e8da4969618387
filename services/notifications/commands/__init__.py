"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.notifications.commands.alerts import (
    acknowledge_alert,
    escalate_alert,
    resolve_alert,
    store_acknowledgement,
    store_alerts,
)
from services.notifications.commands.clock import clock_offset, travel_to
from services.notifications.commands.consents import store_consents
from services.notifications.commands.erasure import forget_lead
from services.notifications.commands.inbox import set_item_state
from services.notifications.commands.messages import ask_to_confirm, welcome
from services.notifications.commands.notices import tell_assigned, tell_converted
from services.notifications.commands.subjects import (
    store_accounts,
    store_leads,
    store_opportunities,
    store_statuses,
)

__all__ = [
    "acknowledge_alert",
    "ask_to_confirm",
    "clock_offset",
    "escalate_alert",
    "forget_lead",
    "resolve_alert",
    "set_item_state",
    "store_accounts",
    "store_acknowledgement",
    "store_alerts",
    "store_consents",
    "store_leads",
    "store_opportunities",
    "store_statuses",
    "tell_assigned",
    "tell_converted",
    "travel_to",
    "welcome",
]
