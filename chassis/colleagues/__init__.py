"""The people of a tenant as every service knows them, and what each of them may see (F107).

    create_colleagues(op)                                       # in a migration: the table
    consumers.on("identity.user", "User", resent=False)(store_colleague)

    @router.get("")
    def list_leads(uow: Transaction, scope: ScopeDep) -> ...:   # from chassis.http
        select(Lead).where(scope.sees(Lead.owner_id, Lead.territory))

A scope never gives a reason: what somebody may not see is answered like what is not there, and lists and
counts leave it out. What more is seen of a certain table (linked accounts, leads of an account) its service
adds, in one place.
"""

from chassis.colleagues.scope import EVERYTHING, Scope, scope_of
from chassis.colleagues.table import ColleagueRow, store_colleague

__all__ = ["EVERYTHING", "ColleagueRow", "Scope", "scope_of", "store_colleague"]
