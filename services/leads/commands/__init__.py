"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.leads.commands.accounts import store_accounts
from services.leads.commands.activities import Deed, log_activity
from services.leads.commands.archive import archive_lead, delete_lead, restore_lead
from services.leads.commands.assignment import (
    assign_lead,
    claim_lead,
    reroute_lead,
    reroute_owner,
    reroute_untouched,
    tenants_with_untouched_leads,
)
from services.leads.commands.consents import record_consent, take_back_consents
from services.leads.commands.conversions import (
    account_ready,
    account_refused,
    cancel_conversion,
    conversion_id,
    convert_lead,
    converts_qualified,
    lead_qualified,
    opportunity_ready,
    opportunity_refused,
    store_conversion_settings,
)
from services.leads.commands.costs import read_costs, store_costs
from services.leads.commands.creation import (
    Entered,
    Entry,
    create_lead,
    create_leads,
    foresee,
    look_up,
    unfit,
)
from services.leads.commands.duplicates import settle_suspicion
from services.leads.commands.erasure import erase_contact, erase_person
from services.leads.commands.forms import change_form, form_of_key, open_form
from services.leads.commands.known import forget_contacts, know_accounts, know_contacts, open_contacts
from services.leads.commands.leads import adjust_score, change_lead
from services.leads.commands.rules import draft_rules, publish_rules, rules_in_force
from services.leads.commands.scores import store_scores
from services.leads.commands.settings import (
    Setup,
    check_custom,
    custom_fields_of,
    labels_of,
    read_setting,
    store_labels,
    store_setting,
    tenant_setup,
)
from services.leads.commands.statuses import reopen, set_status
from services.leads.commands.submissions import (
    Sent,
    confirm_submission,
    take_submission,
    touch_lead,
)

__all__ = [
    "Deed",
    "Entered",
    "Entry",
    "Sent",
    "Setup",
    "account_ready",
    "account_refused",
    "adjust_score",
    "archive_lead",
    "assign_lead",
    "cancel_conversion",
    "change_form",
    "change_lead",
    "check_custom",
    "claim_lead",
    "confirm_submission",
    "conversion_id",
    "convert_lead",
    "converts_qualified",
    "create_lead",
    "create_leads",
    "custom_fields_of",
    "delete_lead",
    "draft_rules",
    "erase_contact",
    "erase_person",
    "foresee",
    "forget_contacts",
    "form_of_key",
    "know_accounts",
    "know_contacts",
    "labels_of",
    "lead_qualified",
    "log_activity",
    "look_up",
    "open_contacts",
    "open_form",
    "opportunity_ready",
    "opportunity_refused",
    "publish_rules",
    "read_costs",
    "read_setting",
    "record_consent",
    "reopen",
    "reroute_lead",
    "reroute_owner",
    "reroute_untouched",
    "restore_lead",
    "rules_in_force",
    "set_status",
    "settle_suspicion",
    "store_accounts",
    "store_conversion_settings",
    "store_costs",
    "store_labels",
    "store_scores",
    "store_setting",
    "take_back_consents",
    "take_submission",
    "tenant_setup",
    "tenants_with_untouched_leads",
    "touch_lead",
    "unfit",
]
