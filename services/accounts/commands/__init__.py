"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.accounts.commands.accounts import change_account, close_account, open_account, reopen_account
from services.accounts.commands.clock import age_accounts, pass_time
from services.accounts.commands.contacts import (
    change_contact,
    contact_of,
    drop_contact,
    new_contact,
    primary_of,
)
from services.accounts.commands.conversions import (
    give_up_conversion,
    leads_with_waiting_conversions,
    resume_conversions,
    start_conversion,
)
from services.accounts.commands.deals import take_deal
from services.accounts.commands.erasure import erase_contact, erase_lead
from services.accounts.commands.health import score_of
from services.accounts.commands.leads import take_leads, take_scores
from services.accounts.commands.settings import AccountSettings, change_settings, settings_of
from services.accounts.commands.surveys import plan_surveys
from services.accounts.commands.team import check_colleague, remove_member, set_member
from services.accounts.commands.timeline import take_alerts

__all__ = [
    "AccountSettings",
    "age_accounts",
    "change_account",
    "change_contact",
    "change_settings",
    "check_colleague",
    "close_account",
    "contact_of",
    "drop_contact",
    "erase_contact",
    "erase_lead",
    "give_up_conversion",
    "leads_with_waiting_conversions",
    "new_contact",
    "open_account",
    "pass_time",
    "plan_surveys",
    "primary_of",
    "remove_member",
    "reopen_account",
    "resume_conversions",
    "score_of",
    "set_member",
    "settings_of",
    "start_conversion",
    "take_alerts",
    "take_deal",
    "take_leads",
    "take_scores",
]
