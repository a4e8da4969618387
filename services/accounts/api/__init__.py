"""HTTP in: accounts and what belongs to them."""

from chassis.http import ErrorTable
from chassis.http.imports import ERRORS as IMPORT_ERRORS
from services.accounts.api import accounts, contacts, imports, insight, settings
from services.accounts.domain import (
    AccountClosed,
    AccountNotFound,
    ColleagueNotFound,
    ContactNotFound,
    EmailTaken,
    ExternalIdTaken,
    HierarchyLoop,
    InvalidTiers,
    ParentNotFound,
    PrimaryNeeded,
)

ROUTERS = (settings.router, imports.router, accounts.router, contacts.router, insight.router)
"""Settings and imports first: their paths would pass for an account's id."""
ERRORS: ErrorTable = {
    **IMPORT_ERRORS,
    AccountNotFound: (404, "Not found"),
    ContactNotFound: (404, "Not found"),
    ColleagueNotFound: (404, "Not found"),
    ParentNotFound: (422, "Parent not found"),
    InvalidTiers: (422, "These tiers cannot be"),
    AccountClosed: (409, "The account is closed"),
    ExternalIdTaken: (409, "The external id is taken"),
    EmailTaken: (409, "The e-mail address is taken"),
    HierarchyLoop: (409, "Not possible in this hierarchy"),
    PrimaryNeeded: (409, "A primary contact is needed"),
}
