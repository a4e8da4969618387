"""What people see: answers, and how they are made of rows."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.http import View
from services.leads.domain import Priority, priority
from services.leads.models import Contribution, Lead, RuleSetRow
from services.leads.queries import Entry


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
    company_size: str | None
    country: str | None
    region: str | None
    lead_source: str
    channel: str | None
    campaign: str | None
    utm: dict[str, Any]
    referrer: str | None
    description: str | None
    esg_interest: str | None
    owner_id: UUID | None
    account_id: UUID | None
    territory: str | None
    status: str
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
    archived: bool
    conversion_id: UUID | None
    converted_to_account: UUID | None
    converted_to_opportunity: UUID | None


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


class EntryView(View):
    """A change of score or status: who, what, when, why."""

    type: Literal["score", "status"]
    at: datetime
    who: str
    what: dict[str, Any]
    why: str | None
    cause: str | None
    cause_id: str | None
    occurred_at: datetime | None
    recorded_at: datetime | None
    stored_at: datetime | None


class ResponseView(View):
    """Where the tenant is at home, and how soon its leads are to be answered."""

    home_country: str | None
    respond_within_seconds: int


class RuleSetView(View):
    """A version of the scoring rules."""

    version: int
    state: Literal["draft", "published"]
    author: str
    created_at: datetime
    published_at: datetime | None
    effective_at: datetime | None
    rules: list[Any]


class RulesView(View):
    """The rules in force and every version there is; version 1 is the default of every tenant."""

    in_force: int
    rules: list[Any]
    versions: list[RuleSetView]


def shown(row: Lead) -> dict[str, Any]:
    """The fields of a lead as the API shows them."""
    derived = {
        "priority": priority(row.score),
        "phone_unclear": row.phone is not None and row.phone_e164 is None,
        "archived": row.archived_at is not None,
    }
    return derived | {name: getattr(row, name) for name in LeadView.model_fields if name not in derived}


def lead_view(row: Lead) -> LeadView:
    """As the API shows a lead."""
    return LeadView(**shown(row))


def line_view(row: Contribution) -> LineView:
    """As the API shows a line of the receipt."""
    return LineView.model_validate(row)


def entry_view(row: Entry) -> EntryView:
    """As the API shows a change."""
    return EntryView.model_validate(row)


def rule_set_view(row: RuleSetRow) -> RuleSetView:
    """As the API shows a version of the rules."""
    state: Literal["draft", "published"] = "published" if row.published_at else "draft"
    rest = {n: getattr(row, n) for n in RuleSetView.model_fields if n != "state"}
    return RuleSetView(state=state, **rest)
