"""Rules of accounts. Standard library only; no SQL, no HTTP, no clock.

`health` and `score` are folds over what is known of an account, `growth` sums, `timeline` says what is shown,
`likeness` whether an account is there already.
"""

from services.accounts.domain.accounts import (
    DEFAULT_TIERS,
    GIVERS,
    UNNAMED,
    AccountClosed,
    AccountNotFound,
    ColleagueNotFound,
    ContactNotFound,
    EmailTaken,
    Engagement,
    ExternalIdTaken,
    HierarchyLoop,
    InvalidTiers,
    ParentNotFound,
    PrimaryNeeded,
    Size,
    Tier,
    Tiers,
    check_tiers,
    company_domain,
    display_name,
    tier_for,
)
from services.accounts.domain.conversions import Found, Refusal, refusal
from services.accounts.domain.likeness import Mode

__all__ = [
    "DEFAULT_TIERS",
    "GIVERS",
    "UNNAMED",
    "AccountClosed",
    "AccountNotFound",
    "ColleagueNotFound",
    "ContactNotFound",
    "EmailTaken",
    "Engagement",
    "ExternalIdTaken",
    "Found",
    "HierarchyLoop",
    "InvalidTiers",
    "Mode",
    "ParentNotFound",
    "PrimaryNeeded",
    "Refusal",
    "Size",
    "Tier",
    "Tiers",
    "check_tiers",
    "company_domain",
    "display_name",
    "refusal",
    "tier_for",
]
