"""Files of accounts at the API (F4)."""

from dataclasses import replace
from typing import Any

from chassis.auth import Caller
from chassis.db import UnitOfWork
from chassis.http.imports import Door, import_router
from chassis.imports import Plan
from services.accounts.api.access import WRITERS, check_owner
from services.accounts.api.bodies import AccountImportOptions, AccountImportPlan
from services.accounts.api.rows import ACCOUNT_ROWS
from services.accounts.api.views import AccountImportView, PreviewedAccountImportView


def planned(uow: UnitOfWork, caller: Caller, said: Any, known: Plan | None) -> Plan:
    """Who starts it opens and changes accounts with the own roles, as at the API.

    Raises Problem 403, ColleagueNotFound.
    """
    assert isinstance(said, AccountImportPlan)
    known = known or Plan({}, "skip", owner_id=caller.user)
    owner = said.owner_id if "owner_id" in said.model_fields_set else known.owner_id
    check_owner(uow, caller, owner)
    roles = {"roles": sorted(caller.roles)}
    return replace(known, duplicates=said.duplicates or known.duplicates, owner_id=owner, given=roles)


router = import_router(
    Door(
        ACCOUNT_ROWS,
        WRITERS,
        AccountImportPlan,
        AccountImportOptions,
        AccountImportView,
        PreviewedAccountImportView,
        planned,
    )
)
