"""HTTP in: leads, their scores and histories, the scoring rules."""

from chassis.http import ErrorTable
from services.leads.api import assignment, conversions, leads, rules, settings
from services.leads.conversion import (
    AlreadyConverted,
    AlreadyOver,
    ConversionActive,
    ConversionNotFound,
    ConversionRefused,
    NotQualified,
    OtherCommand,
    UnknownTarget,
)
from services.leads.domain import (
    AlreadyPublished,
    ColleagueNotFound,
    LeadNotFound,
    NotAllowedNow,
    OwnedAlready,
    ReasonMissing,
    RuleSetNotFound,
)
from services.leads.scoring import InvalidRules

ROUTERS = (
    rules.router,
    settings.router,
    conversions.router,
    assignment.queue,
    assignment.router,
    leads.router,
)
"""The leads last: a path of the others would pass for a lead's id."""
ERRORS: ErrorTable = {
    LeadNotFound: (404, "Lead not found"),
    RuleSetNotFound: (404, "Rule set not found"),
    OwnedAlready: (409, "Owned already"),
    ColleagueNotFound: (422, "No such colleague"),
    NotAllowedNow: (409, "Not possible in this status"),
    AlreadyPublished: (409, "Already published"),
    ConversionNotFound: (404, "Conversion not found"),
    NotQualified: (409, "Not qualified"),
    AlreadyConverted: (409, "Already converted"),
    ConversionActive: (409, "A conversion is under way"),
    ConversionRefused: (409, "The conversion was refused"),
    AlreadyOver: (409, "The conversion is over"),
    OtherCommand: (422, "Another command under this key"),
    UnknownTarget: (422, "This mapping cannot be"),
    ReasonMissing: (422, "A reason is needed"),
    InvalidRules: (422, "These rules cannot be"),
}
