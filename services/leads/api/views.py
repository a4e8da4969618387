"""What people see: answers, and how they are made of rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.http import View
from services.leads.domain import Labels, Priority, priority
from services.leads.domain.labels import SYSTEM
from services.leads.matching import Action, Candidate, Decision, Kind, Mode, Reason, Verdict
from services.leads.models import Contribution, Import, Lead, LogEntry, RuleSetRow
from services.leads.queries import Entry, LeadDuplicates


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


class CandidateView(View):
    """A record that may be the same, how likely (0 to 100) and why."""

    object: Kind
    id: UUID
    score: int
    reasons: list[Reason]


class EnteredLeadView(ScoredLeadView):
    """A lead as it came to be, and whom it may be."""

    decision: Decision
    duplicates: list[CandidateView]


class FaultView(View):
    """What is wrong with an item, and where."""

    pointer: str
    detail: str


class ItemView(View):
    """What became of one item of a call, by its place in it."""

    index: int
    result: Literal["created", "updated", "duplicate", "invalid"]
    lead_id: UUID | None = None
    version: int | None = None
    duplicates: list[CandidateView] = Field(default_factory=list)
    errors: list[FaultView] = Field(default_factory=list)


class BulkView(View):
    """What became of every item of a call, in their order, and how many came out how."""

    created: int
    updated: int
    duplicate: int
    invalid: int
    items: list[ItemView]


class ColumnView(View):
    """A column of a file, and the field that it means."""

    index: int
    header: str
    field: str | None


class ForeseenView(View):
    """What would come of a row."""

    line: int
    fields: dict[str, str]
    result: Literal["created", "updated", "duplicate", "invalid"]
    errors: list[dict[str, str]]
    duplicates: list[CandidateView]


class ImportView(View):
    """A file on its way to be leads: how it is read, how far it is, what came of its rows.

    After a dry run it is `ready` again and the counts say what would have come.
    """

    id: UUID
    state: Literal["ready", "waiting", "running", "done", "failed", "cancelled"]
    file_name: str
    size: int
    encoding: str
    separator: str
    columns: list[ColumnView]
    duplicates: Mode
    lead_source: str
    dry_run: bool
    rows: int
    position: int
    created: int
    updated: int
    duplicate: int
    invalid: int
    detail: str | None
    errors: str
    """Where the rows that became no lead are to be had, with the reasons."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class PreviewedImportView(ImportView):
    """An import with what would come of its first rows, as long as it waits for its start."""

    preview: list[ForeseenView]


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


def entered_view(
    row: Lead, labels: Labels, lines: Sequence[Mapping[str, Any]], verdict: Verdict
) -> EnteredLeadView:
    """As the API shows a lead that somebody entered."""
    counted = [LineView.model_validate(line) for line in lines if line["points"]]
    found = [candidate_view(candidate) for candidate in verdict.candidates]
    return EnteredLeadView(
        **shown(row, labels), contributions=counted, decision=verdict.decision, duplicates=found
    )


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


def import_view(row: Import) -> ImportView:
    """As the API shows an import."""
    return ImportView(**import_fields(row))


def import_fields(row: Import) -> dict[str, Any]:
    """The fields of an import as the API shows them."""
    derived = {
        "columns": [
            {"index": n, "header": header, "field": row.mapping.get(str(n))}
            for n, header in enumerate(row.columns)
        ],
        "lead_source": row.source,
        "errors": f"/api/leads/imports/{row.id}/errors",
    }
    return {name: derived.get(name, getattr(row, name, None)) for name in ImportView.model_fields}


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
