"""What a tenant wants done about likely duplicates (F36): a policy for all sources or for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.leads.matching.evidence import Candidate

Action = Literal["suggest", "link", "block", "create_anyway"]
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
    """Whom it is linked to, or which lead is it."""


def judge(policy: Policy, candidates: Sequence[Candidate], *, insists: bool = False) -> Verdict:
    """What becomes of a draft that may be one of these, the likeliest first.

    Link: a lead with the same e-mail or phone is the same lead, so that one is completed; else the new lead
    is linked to the likeliest account. Other leads are only suggested: a name alone must not lose a person.
    """
    likely = tuple(one for one in candidates if one.score >= policy.threshold)
    if not likely:
        return Verdict("created")
    if policy.action == "create_anyway" or (insists and policy.override):
        return Verdict("created_anyway", likely)
    if policy.action == "block":
        return Verdict("blocked", likely)
    if policy.action == "link":
        return _linked(likely)
    return Verdict("suggested", likely)


def _linked(likely: tuple[Candidate, ...]) -> Verdict:
    sure = [one for one in likely if one.object != "lead" or one.strong]
    for one in sure:
        if one.object == "lead" and one.open:
            return Verdict("updated", likely, one)
    for one in sure:
        if one.account_id:
            return Verdict("linked", likely, one)
    return Verdict("suggested", likely)
