"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.opportunities.commands.conversions import give_opportunity, withdraw_opportunity
from services.opportunities.commands.opportunities import open_opportunity, reopen, set_stage

__all__ = ["give_opportunity", "open_opportunity", "reopen", "set_stage", "withdraw_opportunity"]
