"""Who may do what with a lead: roles of those who write, and the guard of every path that names a lead."""

from chassis.http import Id, ScopeDep, Transaction, require
from services.leads import queries

WRITERS = require("rep", "manager", "account_manager", "marketing", "admin", "service")


def only_visible(lead: Id, uow: Transaction, scope: ScopeDep) -> None:
    """Answers for a lead that the caller may not see as for one that is not there (F107)."""
    queries.only_visible(uow, scope, lead)


GUARDS = {"lead": only_visible}
