"""Who may do what with an account: roles of those who write, and the guard of every path that names one."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from chassis.auth import Caller
from chassis.db import UnitOfWork
from chassis.http import Id, Problem, ScopeDep, Transaction, require
from services.accounts import commands, queries
from services.accounts.domain import GIVERS
from services.accounts.models import Account

WRITERS = require("rep", "manager", "account_manager", "admin", "service")


def only_visible(account: Id, uow: Transaction, scope: ScopeDep) -> Account:
    """The account; answers for one that the caller may not see as for one that is not there (F107)."""
    return queries.get_account(uow, scope, account)


AccountDep = Annotated[Account, Depends(only_visible)]
"""The account that the path names; asked for once a request, by the guard."""
GUARDS = {"account": only_visible}


def check_owner(uow: UnitOfWork, caller: Caller, owner: UUID | None) -> None:
    """Raises Problem 403 where somebody gives an account away who may not; ColleagueNotFound."""
    if owner != caller.user:
        if caller.roles.isdisjoint(GIVERS):
            raise Problem(403, detail="Your roles do not allow to say who owns an account.")
        if owner is not None:
            commands.check_colleague(uow, owner)
