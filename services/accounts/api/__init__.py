"""HTTP in: accounts and what belongs to them."""

from chassis.http import ErrorTable
from services.accounts.api import accounts, contacts, insight, settings
from services.accounts.domain import (
    AccountClosed,
    AccountNotFound,
    ColleagueNotFound,
    ContactNotFound,
    EmailTaken,
    HierarchyLoop,
    InvalidTiers,
    ParentNotFound,
    PrimaryNeeded,
)

ROUTERS = (settings.router, accounts.router, contacts.router, insight.router)
"""The settings first: their path would pass for an account's id."""
ERRORS: ErrorTable = {
    AccountNotFound: (404, "Not found"),
    ContactNotFound: (404, "Not found"),
    ColleagueNotFound: (404, "Not found"),
    ParentNotFound: (422, "Parent not found"),
    InvalidTiers: (422, "These tiers cannot be"),
    AccountClosed: (409, "The account is closed"),
    EmailTaken: (409, "The e-mail address is taken"),
    HierarchyLoop: (409, "Not possible in this hierarchy"),
    PrimaryNeeded: (409, "A primary contact is needed"),
}
