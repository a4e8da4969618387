"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.opportunities.commands.accounts import store_accounts
from services.opportunities.commands.conversions import give_opportunity, withdraw_opportunity
from services.opportunities.commands.erasure import forget_contact, forget_lead
from services.opportunities.commands.opportunities import (
    change_opportunity,
    give_opportunity_to,
    open_opportunity,
    reopen,
    set_stage,
)
from services.opportunities.commands.pipelines import (
    add_pipeline,
    edit_pipeline,
    find_pipeline,
    list_pipelines,
    remove_pipeline,
)

__all__ = [
    "add_pipeline",
    "change_opportunity",
    "edit_pipeline",
    "find_pipeline",
    "forget_contact",
    "forget_lead",
    "give_opportunity",
    "give_opportunity_to",
    "list_pipelines",
    "open_opportunity",
    "remove_pipeline",
    "reopen",
    "set_stage",
    "store_accounts",
    "withdraw_opportunity",
]
