"""Rules of a lead. Standard library only; no SQL, no HTTP, no clock.

A transition returns the new state and what happened; a repeated one is a stated no-op; an impossible one
raises a named error.
"""

from services.leads.domain.errors import (
    AlreadyPublished,
    ColleagueNotFound,
    LeadNotFound,
    OwnedAlready,
    RuleSetNotFound,
)
from services.leads.domain.facts import facts_of
from services.leads.domain.response import Response
from services.leads.domain.sources import FROM_ACCOUNTS, Source, source_of
from services.leads.domain.statuses import (
    BANDS,
    LEAST_QUALIFIED,
    OPEN,
    Moved,
    NotAllowedNow,
    Priority,
    ReasonMissing,
    Standing,
    Status,
    StatusChanged,
    allowed_by_hand,
    band,
    moved,
    priority,
    promote,
    set_status,
)

__all__ = [
    "BANDS",
    "FROM_ACCOUNTS",
    "LEAST_QUALIFIED",
    "OPEN",
    "AlreadyPublished",
    "ColleagueNotFound",
    "LeadNotFound",
    "Moved",
    "NotAllowedNow",
    "OwnedAlready",
    "Priority",
    "ReasonMissing",
    "Response",
    "RuleSetNotFound",
    "Source",
    "Standing",
    "Status",
    "StatusChanged",
    "allowed_by_hand",
    "band",
    "facts_of",
    "moved",
    "priority",
    "promote",
    "set_status",
    "source_of",
]
