"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.leads.commands.conversions import (
    account_ready,
    account_refused,
    cancel_conversion,
    convert_lead,
    lead_qualified,
    opportunity_ready,
    opportunity_refused,
)
from services.leads.commands.leads import adjust_score, change_lead, create_lead
from services.leads.commands.rules import draft_rules, publish_rules, rules_in_force
from services.leads.commands.scores import store_scores
from services.leads.commands.settings import Setup, read_setting, store_setting, tenant_setup
from services.leads.commands.statuses import set_status

__all__ = [
    "Setup",
    "account_ready",
    "account_refused",
    "adjust_score",
    "cancel_conversion",
    "change_lead",
    "convert_lead",
    "create_lead",
    "draft_rules",
    "lead_qualified",
    "opportunity_ready",
    "opportunity_refused",
    "publish_rules",
    "read_setting",
    "rules_in_force",
    "set_status",
    "store_scores",
    "store_setting",
    "tenant_setup",
]
