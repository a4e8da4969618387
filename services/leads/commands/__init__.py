"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.leads.commands.accounts import store_account
from services.leads.commands.assignment import (
    assign_lead,
    claim_lead,
    reroute_lead,
    reroute_owner,
    reroute_untouched,
    tenants_with_untouched_leads,
)
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
    "assign_lead",
    "cancel_conversion",
    "change_lead",
    "claim_lead",
    "convert_lead",
    "create_lead",
    "draft_rules",
    "lead_qualified",
    "opportunity_ready",
    "opportunity_refused",
    "publish_rules",
    "read_setting",
    "reroute_lead",
    "reroute_owner",
    "reroute_untouched",
    "rules_in_force",
    "set_status",
    "store_account",
    "store_scores",
    "store_setting",
    "tenant_setup",
    "tenants_with_untouched_leads",
]
