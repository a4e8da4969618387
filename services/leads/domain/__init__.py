"""Rules of a lead. Standard library only; no SQL, no HTTP, no clock.

A transition returns the new state and what happened; a repeated one is a stated no-op; an impossible one
raises a named error.
"""

from services.leads.domain.activities import CONTACTS, Activity, NotYet, check_happened, first_contact
from services.leads.domain.consents import Channel, Consent, ConsentState, later
from services.leads.domain.costs import Return, Spent, TwiceEntered, Won, check_once, returns
from services.leads.domain.custom import CUSTOM, CustomFields, UndefinedCustom, UnfitCustom
from services.leads.domain.erasure import TYPED, without_person
from services.leads.domain.errors import (
    AlreadyPublished,
    ColleagueNotFound,
    LeadNotFound,
    OwnedAlready,
    PersonErased,
    RuleSetNotFound,
    SuspicionNotFound,
    UnknownAccount,
)
from services.leads.domain.facts import facts_of
from services.leads.domain.forms import CONFIRM_WITHIN, Expired, FormNotFound, Layout, Reading
from services.leads.domain.labels import InvalidLabels, Labels, UnknownSource, check_labels
from services.leads.domain.response import Response
from services.leads.domain.sources import FROM_ACCOUNTS, Source, source_of
from services.leads.domain.statuses import (
    BANDS,
    LEAST_QUALIFIED,
    OPEN,
    Busy,
    Moved,
    NeverDeleted,
    NotAllowedNow,
    Priority,
    ReasonMissing,
    Standing,
    Status,
    StatusChanged,
    allowed_by_hand,
    band,
    check_movable,
    exceeds,
    moved,
    priority,
    promote,
    reopen,
    set_status,
)
from services.leads.domain.touches import touch, ways

__all__ = [
    "BANDS",
    "CONFIRM_WITHIN",
    "CONTACTS",
    "CUSTOM",
    "FROM_ACCOUNTS",
    "LEAST_QUALIFIED",
    "OPEN",
    "TYPED",
    "Activity",
    "AlreadyPublished",
    "Busy",
    "Channel",
    "ColleagueNotFound",
    "Consent",
    "ConsentState",
    "CustomFields",
    "Expired",
    "FormNotFound",
    "InvalidLabels",
    "Labels",
    "Layout",
    "LeadNotFound",
    "Moved",
    "NeverDeleted",
    "NotAllowedNow",
    "NotYet",
    "OwnedAlready",
    "PersonErased",
    "Priority",
    "Reading",
    "ReasonMissing",
    "Response",
    "Return",
    "RuleSetNotFound",
    "Source",
    "Spent",
    "Standing",
    "Status",
    "StatusChanged",
    "SuspicionNotFound",
    "TwiceEntered",
    "UndefinedCustom",
    "UnfitCustom",
    "UnknownAccount",
    "UnknownSource",
    "Won",
    "allowed_by_hand",
    "band",
    "check_happened",
    "check_labels",
    "check_movable",
    "check_once",
    "exceeds",
    "facts_of",
    "first_contact",
    "later",
    "moved",
    "priority",
    "promote",
    "reopen",
    "returns",
    "set_status",
    "source_of",
    "touch",
    "ways",
    "without_person",
]
