"""What speaks for two records being one: reasons, each with a weight; several raise the score.

Reasons are taken as independent, so the score is the chance that not all of them mislead: one more never
lowers it. A person's company says little about who it is; an account is its company.
"""

from collections.abc import Iterable
from math import prod
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from rapidfuzz.fuzz import ratio

from services.leads.matching.profile import Kind, Profile, ordered

Reason = Literal["email", "phone", "domain_and_company", "domain", "company", "name"]
Weights = dict[Reason, float]

FUZZY: Final = 85.0
"""Similarity in percent from which two names may be one."""
PERSON: Final[Weights] = {
    "email": 0.95,
    "phone": 0.80,
    "domain_and_company": 0.40,
    "domain": 0.15,
    "company": 0.30,
    "name": 0.50,
}
ACCOUNT: Final[Weights] = {"domain_and_company": 0.95, "domain": 0.70, "company": 0.80, "name": 0.60}
STRONG: Final[frozenset[Reason]] = frozenset({"email", "phone"})
"""What one person alone has: these make two records the same one."""


class Candidate(NamedTuple):
    """A record that may be the same, and why."""

    object: Kind
    id: UUID
    score: int
    reasons: tuple[Reason, ...]
    account_id: UUID | None = None
    """The account behind it: its own id, a contact's account, a lead's link."""
    open: bool = True
    """Whether it can still be worked on; a converted lead cannot."""

    @property
    def strong(self) -> bool:
        """Whether something matches that one person alone has."""
        return not STRONG.isdisjoint(self.reasons)

    def record(self) -> dict[str, Any]:
        """As answers and the log have it."""
        shown = {"object": self.object, "id": str(self.id)}
        return {**shown, "score": self.score, "reasons": list(self.reasons)}


def compare(one: Profile, other: Profile) -> tuple[int, tuple[Reason, ...]]:
    """Score 0 to 100 and the reasons; the same in both directions."""
    found = _of_account(one, other) if "account" in (one.kind, other.kind) else _of_people(one, other)
    return round(100 * (1 - prod(1 - weight for weight in found.values()))), tuple(found)


def ranked(candidates: Iterable[Candidate], most: int = 20) -> list[Candidate]:
    """Those with a reason, the likeliest first."""
    likely = (candidate for candidate in candidates if candidate.score)
    return sorted(likely, key=lambda c: (-c.score, c.object, c.id))[:most]


def _of_people(one: Profile, other: Profile) -> Weights:
    found: Weights = {}
    if one.email and one.email == other.email:
        found["email"] = PERSON["email"]
    if one.phone and one.phone == other.phone:
        found["phone"] = PERSON["phone"]
    if firm := _company(one, other):
        found[firm] = PERSON[firm]
    if alike := _alike(ordered(one.name), ordered(other.name)):
        found["name"] = alike * PERSON["name"]
    return found


def _of_account(one: Profile, other: Profile) -> Weights:
    found: Weights = {}
    if firm := _company(one, other):
        found[firm] = ACCOUNT[firm]
    if firm in (None, "domain") and (alike := _alike(one.company, other.company)):
        found["name"] = alike * ACCOUNT["name"]
    return found


def _company(one: Profile, other: Profile) -> Reason | None:
    same_name = bool(one.company) and one.company == other.company
    same_domain = bool(one.domain) and one.domain == other.domain
    if same_name and same_domain:
        return "domain_and_company"
    return "company" if same_name else "domain" if same_domain else None


def _alike(one: str, other: str) -> float:
    """Share of the weight that two names earn: all of it when equal, 0.7 at the least similarity."""
    if not (one and other):
        return 0.0
    similar = ratio(one, other, score_cutoff=FUZZY)
    return 1 - 0.3 * (100 - similar) / (100 - FUZZY) if similar else 0.0
