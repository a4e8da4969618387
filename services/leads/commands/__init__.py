"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.leads.commands.leads import adjust_score, change_lead, create_lead
from services.leads.commands.rules import draft_rules, publish_rules, rules_in_force
from services.leads.commands.scores import store_scores
from services.leads.commands.settings import Setup, read_setting, store_setting, tenant_setup
from services.leads.commands.statuses import set_status

__all__ = [
    "Setup",
    "adjust_score",
    "change_lead",
    "create_lead",
    "draft_rules",
    "publish_rules",
    "read_setting",
    "rules_in_force",
    "set_status",
    "store_scores",
    "store_setting",
    "tenant_setup",
]
