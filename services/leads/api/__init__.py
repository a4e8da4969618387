"""HTTP in: leads, their scores and histories, the scoring rules."""

from chassis.http import ErrorTable
from services.leads.api import (
    assignment,
    conversions,
    costs,
    form_door,
    forms,
    leads,
    lifecycle,
    rules,
    settings,
)
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
    Busy,
    ColleagueNotFound,
    Expired,
    FormNotFound,
    InvalidLabels,
    LeadNotFound,
    NeverDeleted,
    NotAllowedNow,
    NotYet,
    OwnedAlready,
    ReasonMissing,
    RuleSetNotFound,
    TwiceEntered,
    UnknownSource,
)
from services.leads.scoring import InvalidRules

ROUTERS = (
    rules.router,
    settings.router,
    conversions.router,
    assignment.queue,
    assignment.router,
    costs.router,
    form_door.router,
    forms.router,
    leads.router,
    lifecycle.router,
)
"""A lead's routes last: a path of the others would pass for a lead's id."""
ERRORS: ErrorTable = {
    LeadNotFound: (404, "Lead not found"),
    RuleSetNotFound: (404, "Rule set not found"),
    OwnedAlready: (409, "Owned already"),
    ColleagueNotFound: (422, "No such colleague"),
    NotAllowedNow: (409, "Not possible in this status"),
    FormNotFound: (404, "Form not found"),
    Expired: (410, "Too late"),
    Busy: (409, "Not possible now"),
    NeverDeleted: (409, "Never deleted"),
    NotYet: (422, "Not yet"),
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
    InvalidLabels: (422, "These labels cannot be"),
    TwiceEntered: (422, "Entered twice"),
    UnknownSource: (422, "No such source"),
    InvalidRules: (422, "These rules cannot be"),
}
