"""Rules of accounts. Standard library only; no SQL, no HTTP, no clock.

`health` and `score` are folds over what is known of an account, `growth` sums, `timeline` says what is shown.
"""

from services.accounts.domain.accounts import (
    DEFAULT_TIERS,
    AccountClosed,
    AccountNotFound,
    ColleagueNotFound,
    ContactNotFound,
    EmailTaken,
    Engagement,
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

__all__ = [
    "DEFAULT_TIERS",
    "AccountClosed",
    "AccountNotFound",
    "ColleagueNotFound",
    "ContactNotFound",
    "EmailTaken",
    "Engagement",
    "Found",
    "HierarchyLoop",
    "InvalidTiers",
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
