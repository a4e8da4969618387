"""Whether an account that somebody enters is there already, and what is done then (F4, F35)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from uuid import UUID

Mode = Literal["skip", "update", "create"]
"""What is wanted of a row that is there already: nothing, the newer word on it, one more account."""
Reason = Literal["external_id", "domain_and_company", "company", "domain"]

SCORES: Final[dict[Reason, int]] = {
    "external_id": 100,
    "domain_and_company": 95,
    "company": 80,
    "domain": 70,
}
"""How sure a reason makes, in percent."""


class Keys(NamedTuple):
    """What an account is known by, in normal forms."""

    external_id: str | None
    name: str | None
    """Without its legal form."""
    domain: str | None
    """Its own; that of a mailbox provider tells nothing."""


class Known(NamedTuple):
    """An account that is there."""

    id: UUID
    keys: Keys
    closed: bool = False
    changeable: bool = True
    """Whether whoever enters may change it."""
    line: int | None = None
    """Where in the same file it stands."""


class Match(NamedTuple):
    """An account that may be the same, and why."""

    known: Known
    reason: Reason

    def __str__(self) -> str:
        known = self.known
        return f"{f'line {known.line}' if known.line else f'account {known.id}'} ({self.reason})"


@dataclass(frozen=True)
class Verdict:
    """What is done with an account that somebody enters."""

    result: Literal["created", "updated", "duplicate", "invalid"]
    matches: Sequence[Match] = ()
    target: UUID | None = None
    """The account that gets the newer word."""
    field: str = ""
    why: str = ""


def likeness(one: Keys, other: Keys) -> Reason | None:
    """Why two may be the same account; two with ids of their own are two, whatever else is alike."""
    if one.external_id and other.external_id:
        return "external_id" if one.external_id == other.external_id else None
    same_name = bool(one.name) and one.name == other.name
    same_domain = bool(one.domain) and one.domain == other.domain
    if same_name and same_domain:
        return "domain_and_company"
    return "company" if same_name else "domain" if same_domain else None


def judge(mode: Mode, keys: Keys, known: Sequence[Known]) -> Verdict:
    """What becomes of an account with these keys, as these are known."""
    found = [Match(one, reason) for one in known if (reason := likeness(keys, one.keys))]
    matches = sorted(found, key=lambda match: (-SCORES[match.reason], match.known.id))
    if not matches or mode == "create":
        return _new(keys, matches)
    if mode == "skip":
        return Verdict("duplicate", matches, why=f"is there already: {matches[0]}")
    return _changed(matches)


def _new(keys: Keys, matches: Sequence[Match]) -> Verdict:
    if matches and matches[0].reason == "external_id":
        return Verdict("invalid", matches, field="external_id", why=f"is that of {matches[0]}")
    if not keys.name:
        return Verdict("invalid", matches, field="name", why="is needed for a new account")
    return Verdict("created", matches)


def _changed(matches: Sequence[Match]) -> Verdict:
    best = [match for match in matches if match.reason == matches[0].reason]
    known = best[0].known
    if len(best) > 1:
        several = ", ".join(str(match) for match in best[:5])
        return Verdict("invalid", matches, why=f"may be each of these: {several}; say which by external_id")
    if known.closed:
        return Verdict("invalid", matches, why=f"is {best[0]}, which is closed; open it again to change it")
    if not known.changeable:
        return Verdict("duplicate", matches, why=f"is {best[0]}, which is not yours to change")
    return Verdict("updated", matches, known.id)
