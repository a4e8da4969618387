"""A lead, its first score, and what its score is made of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.http import View
from services.leads.api.views.duplicates import CandidateView, candidate_view
from services.leads.domain import Labels, Priority, priority
from services.leads.matching import Decision, Verdict
from services.leads.models import Contribution, Lead


class LeadView(View):
    """A lead."""

    id: UUID
    first_name: str | None
    last_name: str | None
    company: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    phone_unclear: bool
    """There is a phone number, and it says of no country which one it is."""
    industry: str | None
    industry_key: str | None
    """The tenant's own word where it was named so, else the system key."""
    industry_label: str | None
    company_size: str | None
    country: str | None
    region: str | None
    lead_source: str
    lead_source_key: str
    lead_source_label: str
    channel: str | None
    campaign: str | None
    utm: dict[str, Any]
    referrer: str | None
    description: str | None
    esg_interest: str | None
    custom: dict[str, Any]
    owner_id: UUID | None
    account_id: UUID | None
    territory: str | None
    status: str
    status_label: str
    status_since: datetime
    pinned: bool
    score: int
    fit: int
    engagement: int
    grade: str
    priority: Priority
    version: int
    created_at: datetime
    updated_at: datetime
    respond_by: datetime | None
    first_contacted_at: datetime | None
    consents: dict[str, Any]
    first_touch: dict[str, Any] | None
    last_touch: dict[str, Any] | None
    archived: bool
    erased_at: datetime | None
    conversion_id: UUID | None
    converted_to_account: UUID | None
    converted_to_opportunity: UUID | None


class ErasureView(View):
    """The leads of a person who was erased, this time or before."""

    leads: list[UUID]


class LineView(View):
    """Points of one event by one rule."""

    rule: str
    rule_version: int
    category: str
    event_id: UUID
    occurred_at: datetime
    points: int
    reason: str | None


class ScoredLeadView(LeadView):
    """A new lead with what its first score is made of."""

    contributions: list[LineView]


class EnteredLeadView(ScoredLeadView):
    """A lead as it came to be, and whom it may be."""

    decision: Decision
    duplicates: list[CandidateView]


class WarnedLeadView(LeadView):
    """A lead after a decision, with what the person should know."""

    warnings: list[str]


class ScoreView(View):
    """A score and every point of it; the points of `contributions` add up to `raw` (F18)."""

    raw: int
    shown: int
    fit: int
    engagement: int
    grade: str
    rules_version: int
    next_change_at: datetime | None
    contributions: list[LineView]
    not_counted: list[LineView]
    """What a limit kept from counting, with the reason."""


def shown(row: Lead, labels: Labels) -> dict[str, Any]:
    """The fields of a lead as the API shows them, in the tenant's words."""
    industry = row.industry and labels.label("industries", row.industry, row.own_industry)
    derived = {
        "industry_key": row.own_industry or row.industry,
        "industry_label": industry,
        "lead_source_key": row.own_source or row.lead_source,
        "lead_source_label": labels.label("sources", row.lead_source, row.own_source),
        "status_label": labels.label("statuses", row.status),
        "priority": priority(row.score),
        "phone_unclear": row.phone is not None and row.phone_e164 is None,
        "archived": row.archived_at is not None,
        "consents": row.consents or {},
        "custom": row.custom or {},
    }
    return derived | {name: getattr(row, name) for name in LeadView.model_fields if name not in derived}


def lead_view(row: Lead, labels: Labels) -> LeadView:
    """As the API shows a lead."""
    return LeadView(**shown(row, labels))


def line_view(row: Contribution) -> LineView:
    """As the API shows a line of the receipt."""
    return LineView.model_validate(row)


def entered_view(
    row: Lead, labels: Labels, lines: Sequence[Mapping[str, Any]], verdict: Verdict
) -> EnteredLeadView:
    """As the API shows a lead that somebody entered."""
    counted = [LineView.model_validate(line) for line in lines if line["points"]]
    found = [candidate_view(candidate) for candidate in verdict.candidates]
    return EnteredLeadView(
        **shown(row, labels), contributions=counted, decision=verdict.decision, duplicates=found
    )
