"""Whom somebody may be, and what is done about it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.http import View
from services.leads.matching import Action, Candidate, Decision, Kind, Reason
from services.leads.queries import LeadDuplicates


class CandidateView(View):
    """A record that may be the same, how likely (0 to 100) and why."""

    object: Kind
    id: UUID
    score: int
    reasons: list[Reason]


class DuplicatesView(View):
    """Who may be the same as a draft, the likeliest first, and what the policy would make of it."""

    candidates: list[CandidateView]
    decision: Decision


class PolicyView(View):
    """What is done about likely duplicates."""

    action: Action
    threshold: int
    override: bool


class PoliciesView(View):
    """Policies of a tenant."""

    default: PolicyView
    sources: dict[str, PolicyView]


class SuspicionView(CandidateView):
    """Whom a lead may be, and what was said of it."""

    account_id: UUID | None
    state: Literal["suspected", "linked", "not_duplicate"]
    at: datetime
    settled_at: datetime | None
    settled_by: str | None


class DecisionView(View):
    """What was done about likely duplicates: when, by whom, on which way in, because of whom."""

    at: datetime
    actor: str
    way: str
    source: str
    decision: str
    candidates: list[CandidateView]


class LeadDuplicatesView(View):
    """Whom a lead may be, which leads may be it, and what was decided, the newest first."""

    suspicions: list[SuspicionView]
    suspected_by: list[UUID]
    decisions: list[DecisionView]


def candidate_view(candidate: Candidate) -> CandidateView:
    """As the API shows who may be the same."""
    return CandidateView.model_validate(candidate.record())


def lead_duplicates_view(told: LeadDuplicates) -> LeadDuplicatesView:
    """As the API shows what is known of a lead's duplicates."""
    names = [name for name in SuspicionView.model_fields if name != "id"]
    return LeadDuplicatesView(
        suspicions=[
            SuspicionView(id=row.candidate_id, **{name: getattr(row, name) for name in names})
            for row in told.suspicions
        ],
        suspected_by=told.suspected_by,
        decisions=[DecisionView.model_validate(row) for row in told.decisions],
    )
