"""The conversion as a saga that leads conducts: account and contact, then opportunity, then the lead.

Pure: no SQL, no HTTP, no clock. Every transition returns the conversion as it is then and what is to be said;
an answer that comes again, or after the end, is a stated no-op.
"""

from services.leads.conversion.errors import (
    AlreadyConverted,
    AlreadyOver,
    ConversionActive,
    ConversionNotFound,
    ConversionRefused,
    NotQualified,
    OtherCommand,
)
from services.leads.conversion.mapping import (
    DEFAULT_MAPPING,
    PROFILE,
    THINGS,
    Mapped,
    Thing,
    UnknownTarget,
    check,
    check_targets,
    mapped,
)
from services.leads.conversion.plan import Command, Money, NewIds, Subject, deal_type, opened, plan, title
from services.leads.conversion.saga import (
    OVER,
    Account,
    Conversion,
    Converted,
    Failed,
    OpportunityWanted,
    Refusal,
    Started,
    State,
    Told,
    account_ready,
    cancelled,
    opportunity_ready,
    refused,
    started,
)
from services.leads.conversion.settings import FOLLOW_ONS, Settings

__all__ = [
    "DEFAULT_MAPPING",
    "FOLLOW_ONS",
    "OVER",
    "PROFILE",
    "THINGS",
    "Account",
    "AlreadyConverted",
    "AlreadyOver",
    "Command",
    "Conversion",
    "ConversionActive",
    "ConversionNotFound",
    "ConversionRefused",
    "Converted",
    "Failed",
    "Mapped",
    "Money",
    "NewIds",
    "NotQualified",
    "OpportunityWanted",
    "OtherCommand",
    "Refusal",
    "Settings",
    "Started",
    "State",
    "Subject",
    "Thing",
    "Told",
    "UnknownTarget",
    "account_ready",
    "cancelled",
    "check",
    "check_targets",
    "deal_type",
    "mapped",
    "opened",
    "opportunity_ready",
    "plan",
    "refused",
    "started",
    "title",
]
