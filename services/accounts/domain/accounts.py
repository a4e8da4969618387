"""Rules of an account itself: its tier, its name and domain, and what is not possible with it."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

Tier = Literal["strategic", "growth", "standard"]
Engagement = Literal["none", "low", "medium", "high"]
Size = Literal["small", "mid_market", "enterprise"]
Tiers = Sequence[tuple[int, Tier]]
"""Least score at the conversion, and the tier that it gives."""

DEFAULT_TIERS: Final[Tiers] = ((80, "strategic"), (50, "growth"), (0, "standard"))
UNNAMED: Final = "Unnamed account"
GIVERS: Final = frozenset({"manager", "account_manager", "admin", "service"})
"""Roles that may give an account to somebody; a rep's new account is the rep's own."""
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


class _NotFound(Exception):
    """What is missing is answered like what is another tenant's, or not for the caller: alike."""

    def __init__(self) -> None:
        super().__init__("There is nothing by this id.")


class AccountNotFound(_NotFound):
    """There is no such account in this tenant, or it is not for this person."""


class ContactNotFound(_NotFound):
    """The account has no such contact."""


class ColleagueNotFound(_NotFound):
    """Nobody of this tenant has this id."""


class ParentNotFound(Exception):
    """The account named as parent does not exist."""


class HierarchyLoop(Exception):
    """The parent is the account itself or stands below it (F58)."""


class ExternalIdTaken(Exception):
    """Another account of the tenant has this id in the other system; `extra` says which."""

    def __init__(self, account_id: str) -> None:
        super().__init__("Another account has this external id; change that one, or give it another id.")
        self.extra = {"account_id": account_id}


class AccountClosed(Exception):
    """A closed account takes no changes; open it again first."""


class PrimaryNeeded(Exception):
    """An account with contacts has one primary contact: another one has to be made it first (F52)."""


class EmailTaken(Exception):
    """Another contact of the tenant has this e-mail address (F52); `extra` says whose."""

    def __init__(self, account_id: str, account_name: str) -> None:
        super().__init__(f"The e-mail address is that of a contact of {account_name}.")
        self.extra = {"account_id": account_id}


class InvalidTiers(Exception):
    """Tiers whose thresholds do not tell every score apart."""


def tier_for(score: int, rules: Tiers = DEFAULT_TIERS) -> Tier:
    """The tier that a score gives (F56): the rule with the highest threshold that it reaches."""
    return max((least, tier) for least, tier in rules if score >= least)[1]


def check_tiers(rules: Tiers) -> None:
    """Raises InvalidTiers unless every score from 0 has exactly one rule."""
    thresholds = [least for least, _ in rules]
    if 0 not in thresholds or len(set(thresholds)) < len(thresholds):
        raise InvalidTiers("Every tier needs a threshold of its own, and one of them is 0.")


def company_domain(email: str | None) -> str | None:
    """The e-mail domain of a company, in its normal form; None for a mailbox provider's."""
    domain = (email or "").rpartition("@")[2]
    return None if not domain or domain in MAILBOX_PROVIDERS else domain


def display_name(person: Mapping[str, str | None]) -> str:
    """What an account is called that a lead opens: its company, else the domain.

    Never the person: the name of an account is told in the clear and kept for ever (F109).
    """
    return person.get("company") or company_domain(person.get("email")) or UNNAMED
