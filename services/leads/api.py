"""HTTP in: leads, their scores and histories, the scoring rules."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field

from chassis.http import (
    CallerDep,
    ErrorTable,
    Id,
    Page,
    PagingDep,
    RequestModel,
    RequiredIfMatch,
    Router,
    RuntimeDep,
    Timestamp,
    Transaction,
    View,
    accepts,
    etag,
    require,
)
from services.leads import commands, queries
from services.leads.domain import (
    AlreadyPublished,
    LeadNotFound,
    NotAllowedNow,
    Priority,
    ReasonMissing,
    RuleSetNotFound,
    Status,
    priority,
)
from services.leads.models import Contribution, Lead, RuleSetRow
from services.leads.queries import Entry, Wanted
from services.leads.scoring import InvalidRules, Rule

router = Router(prefix="/api/leads", tags=["leads"])
ERRORS: ErrorTable = {
    LeadNotFound: (404, "Lead not found"),
    RuleSetNotFound: (404, "Rule set not found"),
    NotAllowedNow: (409, "Not possible in this status"),
    AlreadyPublished: (409, "Already published"),
    ReasonMissing: (422, "A reason is needed"),
    InvalidRules: (422, "These rules cannot be"),
}
WRITERS = require("rep", "manager", "account_manager", "marketing", "admin", "service")
RULE_EDITORS = require("marketing", "admin")

Text = Annotated[str, Field(max_length=200)]
Version = Annotated[int, Path(ge=1, lt=2**31)]
Source = Literal[
    "web_form", "event", "referral", "ads", "manual", "upsell", "cross_sell", "renewal", "import", "api"
]


class LeadFields(RequestModel):
    """What a person may say of a lead; everything else is found out by the system."""

    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    job_title: Text | None = None
    email: Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    industry: Text | None = None
    company_size: Literal["small", "mid_market", "enterprise"] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")] | None = None
    region: Text | None = None
    description: str | None = None
    esg_interest: Literal["none", "low", "medium", "high"] | None = None


class NewLead(LeadFields):
    """A lead as a form or a person enters it."""

    lead_source: Source = "manual"
    utm: dict[Annotated[str, Field(max_length=50)], Text] = Field(default_factory=dict, max_length=20)


class NewStatus(RequestModel):
    """A decision about the status; unqualified needs a reason."""

    status: Status
    reason_code: Annotated[str, Field(max_length=50)] | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None


class NewAdjustment(RequestModel):
    """Points given or taken by hand."""

    points: Annotated[int, Field(ge=-1000, le=1000)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class RuleBody(RequestModel):
    """One scoring rule: over a field of the lead or over events of a kind; times in seconds."""

    rule: Annotated[str, Field(min_length=1, max_length=100)]
    category: Literal["fit", "engagement"]
    points: Annotated[int, Field(ge=-1000, le=1000)]
    event_kind: Text | None = None
    field: Text | None = None
    operator: Literal["eq", "in", "gt", "lt", "contains", "exists"] | None = None
    values: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)
    once_per_key: bool = False
    max_per_day: Annotated[int, Field(le=1_000_000)] | None = None
    max_total: Annotated[int, Field(le=1_000_000)] | None = None
    cool_down: Annotated[int, Field(le=10**9)] | None = None
    half_life: Annotated[int, Field(le=10**9)] | None = None
    expiry: Annotated[int, Field(le=10**9)] | None = None


class NewRules(RequestModel):
    """A draft of a rule set."""

    rules: Annotated[list[RuleBody], Field(max_length=200)]


class Publication(RequestModel):
    """From when on a rule set is in force; now where it is not said."""

    effective_at: Timestamp | None = None


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
    industry: str | None
    company_size: str | None
    country: str | None
    region: str | None
    lead_source: str
    utm: dict[str, Any]
    description: str | None
    esg_interest: str | None
    owner_id: UUID | None
    account_id: UUID | None
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
    first_contacted_at: datetime | None


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


@router.post("", status_code=201, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def create_lead(
    body: NewLead, uow: Transaction, runtime: RuntimeDep, caller: CallerDep, response: Response
) -> ScoredLeadView:
    """A new lead, with its first score and why; a rep's lead is the rep's own."""
    owner = caller.user if "rep" in caller.roles else None
    lead, lines = commands.create_lead(uow, runtime.vault, body.model_dump(), owner)
    response.headers["ETag"] = etag(lead.version)
    response.headers["Location"] = f"/api/leads/{lead.id}"
    counted = [line_view(line) for line in lines if line.points]
    return ScoredLeadView(**shown(lead), contributions=counted)


@router.get("")
def list_leads(
    uow: Transaction,
    paging: PagingDep,
    status: Annotated[Status | None, Query()] = None,
    priority: Annotated[Priority | None, Query()] = None,
    owner_id: Annotated[Id | None, Query()] = None,
    email: Annotated[str | None, Query(max_length=320)] = None,
    min_score: Annotated[int | None, Query(ge=0, le=100)] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    sort: Annotated[Literal["-created_at", "-score"], Query()] = "-created_at",
) -> Page[LeadView]:
    """The tenant's leads, filtered; the newest or the hottest first."""
    wanted = Wanted(status, priority, owner_id, email, min_score, q, sort)
    rows = queries.list_leads(uow, wanted, _position(paging.after), paging.fetch)
    by = "score" if sort == "-score" else "created_at"
    return paging.page(rows, position=lambda row: (getattr(row, by), row.id), view=lead_view)


@router.get("/scoring-rules")
def list_scoring_rules(uow: Transaction) -> RulesView:
    """The rules in force, every draft and every published version."""
    rules = commands.rules_in_force(uow)
    versions = [rule_set_view(row) for row in queries.list_rule_sets(uow)]
    return RulesView(in_force=rules.version, rules=commands.rules.records(rules), versions=versions)


@router.post("/scoring-rules", status_code=201, dependencies=[RULE_EDITORS])
@accepts(idempotency_key="optional")
def draft_scoring_rules(body: NewRules, uow: Transaction) -> RuleSetView:
    """Keeps a draft as the tenant's next version; nothing is scored by it yet."""
    return rule_set_view(commands.draft_rules(uow, [rule_of(rule) for rule in body.rules]))


@router.post("/scoring-rules/{version}/publish", dependencies=[RULE_EDITORS])
def publish_scoring_rules(
    version: Version, body: Publication, uow: Transaction, runtime: RuntimeDep
) -> RuleSetView:
    """Puts a draft in force: from its effective time it scores all evidence, old and new."""
    partitions = runtime.catalogue.topic("leads.scoring-rules").partitions
    return rule_set_view(commands.publish_rules(uow, version, body.effective_at, partitions))


@router.get("/{lead}")
def get_lead(lead: Id, uow: Transaction, response: Response) -> LeadView:
    """One lead."""
    row = queries.get_lead(uow, lead)
    response.headers["ETag"] = etag(row.version)
    return lead_view(row)


@router.patch("/{lead}", dependencies=[WRITERS])
def change_lead(
    lead: Id,
    body: LeadFields,
    uow: Transaction,
    runtime: RuntimeDep,
    seen: RequiredIfMatch,
    response: Response,
) -> LeadView:
    """Changes the named fields; the score that follows comes by the stream."""
    fields = body.model_dump(exclude_unset=True)
    row = commands.change_lead(uow, runtime.vault, lead, fields, seen.check)
    response.headers["ETag"] = etag(row.version)
    return lead_view(row)


@router.get("/{lead}/score")
def explain_score(lead: Id, uow: Transaction) -> ScoreView:
    """The score and every point of it: rule, version, event, time."""
    row = queries.get_lead(uow, lead)
    lines = [line_view(line) for line in queries.receipt(uow, lead)]
    return ScoreView(
        raw=row.raw,
        shown=row.score,
        fit=row.fit,
        engagement=row.engagement,
        grade=row.grade,
        rules_version=row.rules_version,
        next_change_at=row.next_change_at,
        contributions=[line for line in lines if line.points],
        not_counted=[line for line in lines if not line.points],
    )


@router.get("/{lead}/history")
def tell_history(lead: Id, uow: Transaction, paging: PagingDep) -> Page[EntryView]:
    """Changes of score and status, the newest first."""
    queries.get_lead(uow, lead)
    rows = queries.history(uow, lead, paging.after, paging.fetch)
    return paging.page(rows, position=lambda row: (row.at, row.id), view=entry_view)


@router.post("/{lead}/status", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def set_status(lead: Id, body: NewStatus, uow: Transaction) -> WarnedLeadView:
    """Moves a lead by hand; 409 with `allowed` where its status forbids it."""
    row, warnings = commands.set_status(uow, lead, body.status, body.reason_code, body.reason)
    return WarnedLeadView(**shown(row), warnings=warnings)


@router.post("/{lead}/adjustments", status_code=202, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def adjust_score(lead: Id, body: NewAdjustment, uow: Transaction) -> LeadView:
    """Gives or takes points by hand; the new score comes by the stream."""
    return lead_view(commands.adjust_score(uow, lead, body.points, body.reason))


def shown(row: Lead) -> dict[str, Any]:
    """The fields of a lead as the API shows them."""
    derived = {"priority": priority(row.score)}
    return {name: derived.get(name, getattr(row, name, None)) for name in LeadView.model_fields}


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


def rule_of(body: RuleBody) -> Rule:
    """The rule that a body describes."""
    rest = body.model_dump(exclude={"rule", "values"})
    return Rule(key=body.rule, values=tuple(body.values), **rest)


def _position(after: Sequence[Any] | None) -> queries.After:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    return None if after is None else (after[0], after[1])
