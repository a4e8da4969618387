"""Rules of an account itself: its tier, its name and domain, and what is not possible with it."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

Tier = Literal["strategic", "growth", "standard"]
Engagement = Literal["none", "low", "medium", "high"]
Size = Literal["small", "mid_market", "enterprise"]

START_HEALTH: Final = 50
DEFAULT_TIERS: Final[tuple[tuple[int, Tier], ...]] = ((80, "strategic"), (50, "growth"), (0, "standard"))
"""Least score at the conversion, and the tier that it gives (F56)."""
MAILBOX_PROVIDERS: Final = frozenset(
    {
        "aol.com",
        "gmail.com",
        "gmx.at",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "web.de",
        "yahoo.com",
        "yandex.com",
    }
)
"""Domains that say nothing of a company."""


class AccountNotFound(Exception):
    """There is no such account in this tenant, or it is not for this person."""


class ContactNotFound(Exception):
    """The account has no such contact."""


class ParentNotFound(Exception):
    """The account named as parent does not exist."""


class HierarchyLoop(Exception):
    """The parent is the account itself or stands below it (F58)."""


class AccountClosed(Exception):
    """A closed account takes no changes; open it again first."""


class EmailTaken(Exception):
    """Another contact of the tenant has this e-mail address (F52); `extra` says whose."""

    def __init__(self, account_id: str, account_name: str) -> None:
        super().__init__(f"The e-mail address is that of a contact of {account_name}.")
        self.extra = {"account_id": account_id}
        self.account_name = account_name


def tier_for(score: int, rules: Sequence[tuple[int, Tier]] = DEFAULT_TIERS) -> Tier:
    """The tier that a score gives (F56): the rule with the highest threshold that it reaches."""
    reached = [(least, tier) for least, tier in rules if score >= least]
    return max(reached)[1] if reached else "standard"


def company_domain(email: str | None) -> str | None:
    """The e-mail domain of a company, in its normal form; None for a mailbox provider's."""
    domain = (email or "").rpartition("@")[2]
    return None if not domain or domain in MAILBOX_PROVIDERS else domain


def display_name(person: Mapping[str, str | None]) -> str:
    """What an account is called that a lead opens: its company, else the person, else the domain."""
    full_name = " ".join(part for part in (person.get("first_name"), person.get("last_name")) if part)
    return person.get("company") or full_name or company_domain(person.get("email")) or "Unnamed account"
