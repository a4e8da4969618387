"""HTTP in: accounts and what belongs to them."""

from chassis.http import ErrorTable
from services.accounts.api import accounts
from services.accounts.domain import (
    AccountClosed,
    AccountNotFound,
    ContactNotFound,
    EmailTaken,
    HierarchyLoop,
    ParentNotFound,
)

ROUTERS = (accounts.router,)
ERRORS: ErrorTable = {
    AccountNotFound: (404, "Account not found"),
    ContactNotFound: (404, "Contact not found"),
    ParentNotFound: (422, "Parent not found"),
    AccountClosed: (409, "The account is closed"),
    EmailTaken: (409, "The e-mail address is taken"),
    HierarchyLoop: (409, "Not possible in this hierarchy"),
}
