"""HTTP in: leads, their scores and histories, the scoring rules."""

from chassis.http import ErrorTable
from services.leads.api import leads, rules, settings
from services.leads.domain import (
    AlreadyPublished,
    LeadNotFound,
    NotAllowedNow,
    ReasonMissing,
    RuleSetNotFound,
)
from services.leads.scoring import InvalidRules

ROUTERS = (rules.router, settings.router, leads.router)
"""The leads last: a path of the others would pass for a lead's id."""
ERRORS: ErrorTable = {
    LeadNotFound: (404, "Lead not found"),
    RuleSetNotFound: (404, "Rule set not found"),
    NotAllowedNow: (409, "Not possible in this status"),
    AlreadyPublished: (409, "Already published"),
    ReasonMissing: (422, "A reason is needed"),
    InvalidRules: (422, "These rules cannot be"),
}
