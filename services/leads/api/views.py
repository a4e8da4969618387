"""What people see: answers, and how they are made of rows."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.http import View
from services.leads.domain import Labels, Priority, priority
from services.leads.domain.labels import SYSTEM
from services.leads.models import Contribution, Lead, LogEntry, RuleSetRow
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


class ActivityView(View):
    """What somebody did with a lead."""

    id: UUID
    activity: str
    happened_at: datetime
    first: bool
    """The first human contact, as far as is known."""
    text: str | None
    first_contacted_at: datetime | None
    version: int


class EntryView(View):
    """Something that happened to a lead: who, what, when, why."""

    type: Literal["score", "status", "activity", "consent", "archived", "restored", "touch"]
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


class WordView(View):
    """A word, what people read, and the system key that it stands for."""

    key: str
    label: str
    system_key: str


class LabelsView(View):
    """Every word of the tenant's, relabelled or its own."""

    statuses: list[WordView]
    sources: list[WordView]
    industries: list[WordView]


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
    }
    return derived | {name: getattr(row, name) for name in LeadView.model_fields if name not in derived}


def lead_view(row: Lead, labels: Labels) -> LeadView:
    """As the API shows a lead."""
    return LeadView(**shown(row, labels))


def line_view(row: Contribution) -> LineView:
    """As the API shows a line of the receipt."""
    return LineView.model_validate(row)


def entry_view(row: Entry) -> EntryView:
    """As the API shows a change."""
    return EntryView.model_validate(row)


def activity_view(lead: Lead, row: LogEntry) -> ActivityView:
    """As the API shows an activity."""
    what = row.what
    return ActivityView(
        id=what["activity_id"],
        activity=what["activity"],
        happened_at=what["happened_at"],
        first=what["first"],
        text=row.why,
        first_contacted_at=lead.first_contacted_at,
        version=lead.version,
    )


def labels_view(labels: Labels) -> LabelsView:
    """As the API shows a tenant's words."""
    words = {kind: [WordView.model_validate(term) for term in labels.terms(kind)] for kind in SYSTEM}
    return LabelsView.model_validate(words)


def rule_set_view(row: RuleSetRow) -> RuleSetView:
    """As the API shows a version of the rules."""
    state: Literal["draft", "published"] = "published" if row.published_at else "draft"
    rest = {n: getattr(row, n) for n in RuleSetView.model_fields if n != "state"}
    return RuleSetView(state=state, **rest)
