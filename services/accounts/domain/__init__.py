"""Rules of accounts. Standard library only; no SQL, no HTTP, no clock."""

from services.accounts.domain.accounts import (
    DEFAULT_TIERS,
    START_HEALTH,
    AccountClosed,
    AccountNotFound,
    ContactNotFound,
    EmailTaken,
    Engagement,
    HierarchyLoop,
    ParentNotFound,
    Size,
    Tier,
    company_domain,
    display_name,
    tier_for,
)
from services.accounts.domain.conversions import Found, Refusal, refusal

__all__ = [
    "DEFAULT_TIERS",
    "START_HEALTH",
    "AccountClosed",
    "AccountNotFound",
    "ContactNotFound",
    "EmailTaken",
    "Engagement",
    "Found",
    "HierarchyLoop",
    "ParentNotFound",
    "Refusal",
    "Size",
    "Tier",
    "company_domain",
    "display_name",
    "refusal",
    "tier_for",
]
