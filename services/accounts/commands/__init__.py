"""What can be done: one function = one operation = one transaction. Nobody here commits."""

from services.accounts.commands.accounts import change_account, close_account, open_account, reopen_account
from services.accounts.commands.conversions import give_up_conversion, resume_conversions, start_conversion

__all__ = [
    "change_account",
    "close_account",
    "give_up_conversion",
    "open_account",
    "reopen_account",
    "resume_conversions",
    "start_conversion",
]
