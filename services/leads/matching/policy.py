"""What a tenant wants done about likely duplicates (F36): a policy for all sources or for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.leads.matching.evidence import Candidate

Action = Literal["suggest", "link", "block", "create_anyway"]
Mode = Literal["by_policy", "skip", "update", "create", "create_anyway"]
"""What a caller wants done: as the policy says, no second record, the newer word on it, a new one."""
Decision = Literal["created", "suggested", "linked", "updated", "blocked", "created_anyway"]


@dataclass(frozen=True)
class Policy:
    """What happens from which score on."""

    action: Action = "suggest"
    threshold: int = 50
    override: bool = True
    """Whether a caller may insist on a new lead."""


DEFAULT_POLICY = Policy()


@dataclass(frozen=True)
class Verdict:
    """What is done with a draft, and because of whom."""

    decision: Decision
    candidates: tuple[Candidate, ...] = ()
    target: Candidate | None = None
    """Whom it is linked to, or which lead it is."""
    overwrites: bool = False
    """Whether the draft's word holds against that lead's."""

    @property
    def opens(self) -> bool:
        """Whether a new lead comes of it."""
        return self.decision not in ("blocked", "updated")

    @property
    def account_id(self) -> UUID | None:
        """The account that a new lead belongs to."""
        return self.target.account_id if self.target and self.opens else None


def judge(policy: Policy, candidates: Sequence[Candidate], mode: Mode = "by_policy") -> Verdict:
    """What becomes of a draft that may be one of these, the likeliest first.

    Only a lead with the same e-mail or phone is taken for the same lead: a name alone must not lose a person.
    Only people block people: a new lead of a company that is an account is welcome.
    """
    likely = tuple(one for one in candidates if one.score >= policy.threshold)
    people = [one for one in likely if one.object != "account"]
    same = next((one for one in people if one.object == "lead" and one.strong and one.open), None)
    anyway = policy.override if mode.startswith("create") else policy.action == "create_anyway"
    if not likely:
        return Verdict("created")
    if mode == "skip" and any(one.strong for one in people):
        return Verdict("blocked", likely)
    if mode == "update" and same:
        return Verdict("updated", likely, same, overwrites=True)
    if anyway:
        return Verdict("created_anyway", likely)
    if policy.action == "block" and people:
        return Verdict("blocked", likely)
    if policy.action == "link":
        return _linked(likely, same)
    return Verdict("suggested", likely)


def _linked(likely: tuple[Candidate, ...], same: Candidate | None) -> Verdict:
    """The lead that it is, completed; else a new one of the likeliest account."""
    if same:
        return Verdict("updated", likely, same)
    sure = (one for one in likely if one.account_id and (one.object != "lead" or one.strong))
    account = next(sure, None)
    return Verdict("linked" if account else "suggested", likely, account)
