"""What people may say: bodies of requests, strict."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from chassis.http import Id, RequestModel, Timestamp
from services.leads.contact import check_country, check_email
from services.leads.domain import Activity, Channel, Consent, ConsentState, Status, source_of
from services.leads.importing import Encoding
from services.leads.importing import Field as Column
from services.leads.matching import Action, Mode
from services.leads.scoring import Rule

Text = Annotated[str, Field(max_length=200)]
SourceKey = Annotated[str, Field(min_length=1, max_length=50)]
Email = Annotated[str, Field(max_length=320), AfterValidator(check_email)]
Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2"), AfterValidator(check_country)
]


class LeadFields(RequestModel):
    """What a person may say of a lead; everything else is found out by the system."""

    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    job_title: Text | None = None
    email: Email | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    industry: Text | None = None
    company_size: Literal["small", "mid_market", "enterprise"] | None = None
    country: Country | None = None
    region: Text | None = None
    description: str | None = None
    account_id: Id | None = None
    channel: Text | None = None
    campaign: Text | None = None
    esg_interest: Literal["none", "low", "medium", "high"] | None = None


class ConsentBody(RequestModel):
    """What a person said of being contacted; now, where no time is given."""

    state: ConsentState
    at: Timestamp | None = None
    source: Annotated[str, Field(min_length=1, max_length=200, description="where the person said so")]
    proof: Annotated[str, Field(max_length=2000, description="what shows it")] | None = None


class NewLead(LeadFields):
    """A lead as a form or a person enters it."""

    lead_source: (
        Annotated[str, Field(max_length=200, description="left out: upsell with an account, else manual")]
        | None
    ) = None
    referrer: Annotated[str, Field(max_length=2000)] | None = None
    consents: dict[Channel, ConsentBody] = Field(default_factory=dict)
    utm: dict[Annotated[str, Field(max_length=50)], Text] = Field(default_factory=dict, max_length=20)


class Entry(NewLead):
    """A new lead, and what is wanted where it may be there already."""

    duplicates: Annotated[
        Mode,
        Field(description="skip, update: the same e-mail or phone; create_anyway: where the policy lets"),
    ] = "by_policy"


class NewLeads(RequestModel):
    """Many leads at once; each is looked at by itself, so that a bad one keeps none of the others out."""

    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]
    duplicates: Annotated[Mode, Field(description="for items that say nothing themselves")] = "by_policy"


class PersonDraft(RequestModel):
    """Somebody who may be there already."""

    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    email: Email | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    country: Country | None = None
    lead_source: SourceKey = "manual"
    lead_id: Annotated[Id | None, Field(description="a lead that is not to be its own duplicate")] = None


class PolicyBody(RequestModel):
    """What is done about likely duplicates: from which score on, and whether a caller may insist."""

    action: Action = "suggest"
    threshold: Annotated[int, Field(ge=1, le=100)] = 50
    override: bool = True


class PoliciesBody(RequestModel):
    """Policies of a tenant: for every source, and for single ones."""

    default: PolicyBody = PolicyBody()
    sources: Annotated[dict[SourceKey, PolicyBody], Field(max_length=100)] = Field(default_factory=dict)


class SuspicionSettled(RequestModel):
    """What a person says of a suspicion."""

    decision: Literal["link", "not_duplicate"]


class ImportPlan(RequestModel):
    """How a file is to become leads; what is left out stays as it was, or is found out."""

    mapping: Annotated[
        dict[Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,3})$")], Column] | None,
        Field(description="place of a column, from 0, to the field that it means"),
    ] = None
    duplicates: Mode | None = None
    lead_source: SourceKey | None = None
    dry_run: bool = False


class ImportOptions(ImportPlan):
    """How a file is read, and whether its rows become leads at once or wait for a start."""

    encoding: Encoding | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    start: bool = True


class ResponseBody(RequestModel):
    """Where the tenant is at home, and how soon its leads are to be answered."""

    home_country: Country | None = None
    respond_within_seconds: Annotated[int, Field(ge=60, le=90 * 86_400)] = 86_400


class Word(RequestModel):
    """What a tenant calls a system key, or a word of its own that stands for one."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
    label: Annotated[str, Field(min_length=1, max_length=100)]
    system_key: Annotated[str, Field(max_length=50)] | None = None


class LabelsBody(RequestModel):
    """The tenant's words over the system's keys; a key that is not named has its plain label."""

    statuses: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    sources: Annotated[list[Word], Field(max_length=100)] = Field(default_factory=list)
    industries: Annotated[list[Word], Field(max_length=200)] = Field(default_factory=list)


class NewStatus(RequestModel):
    """A decision about the status; unqualified needs a reason."""

    status: Status
    reason_code: Annotated[str, Field(max_length=50)] | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None


class Reopening(RequestModel):
    """Why an unqualified lead is taken up again."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Why(RequestModel):
    """Why a lead is archived or comes back, where somebody wants to say so."""

    reason: Annotated[str, Field(max_length=2000)] | None = None


class NewActivity(RequestModel):
    """What somebody did with a lead; just now, where no time is given."""

    activity: Activity
    happened_at: Timestamp | None = None
    text: Annotated[str, Field(max_length=5000)] | None = None


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


def draft_of(body: NewLead, now: datetime) -> dict[str, Any]:
    """The lead that a body describes; a linked account says where it comes from, if nobody else does (F3)."""
    said = body.model_dump(exclude={"consents", "duplicates"})
    source = source_of(body.lead_source, linked=body.account_id is not None)
    consents = [consent_of(channel, consent, now) for channel, consent in body.consents.items()]
    return said | {"lead_source": source, "consents": consents}


def consent_of(channel: Channel, body: ConsentBody, now: datetime) -> Consent:
    """What a body says of a channel."""
    return Consent(channel, body.state, body.at or now, body.source, body.proof)


def rule_of(body: RuleBody) -> Rule:
    """The rule that a body describes."""
    rest = body.model_dump(exclude={"rule", "values"})
    return Rule(key=body.rule, values=tuple(body.values), **rest)
