"""Who may do what with a lead: roles of those who write, and the guard of every path that names a lead."""

from chassis.colleagues import scope_of
from chassis.db import UnitOfWork
from chassis.http import CallerDep, Id, ScopeDep, Transaction, UnitsDep, require
from services.leads import queries

WRITERS = require("rep", "manager", "account_manager", "marketing", "admin", "service")


def only_visible(lead: Id, uow: Transaction, scope: ScopeDep) -> None:
    """Answers for a lead that the caller may not see as for one that is not there (F107)."""
    queries.only_visible(uow, scope, lead)


async def only_visible_at_first(lead: Id, units: UnitsDep, caller: CallerDep) -> None:
    """The same for a path whose endpoint makes several transactions: in one of its own."""

    def look(uow: UnitOfWork) -> None:
        queries.only_visible(uow, scope_of(uow, caller), lead)

    await units.run(look)


def only_visible_conversion(conversion: Id, uow: Transaction, scope: ScopeDep) -> None:
    """Answers for a conversion of such a lead as for one that is not there."""
    queries.only_visible_conversion(uow, scope, conversion)


GUARDS = {"lead": only_visible}
