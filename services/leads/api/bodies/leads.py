"""Leads as people enter them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from chassis.http import Id, RequestModel, Timestamp
from services.leads.contact import check_country, check_email
from services.leads.domain import Channel, Consent, ConsentState, source_of
from services.leads.matching import Mode

Text = Annotated[str, Field(max_length=200)]
SourceKey = Annotated[str, Field(min_length=1, max_length=50)]
Email = Annotated[str, Field(max_length=320), AfterValidator(check_email)]
Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2"), AfterValidator(check_country)
]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError("must be a text, a number, true, false or null")


Custom = Annotated[
    Any,
    BeforeValidator(_plain),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "description": "null takes it away"}),
]
"""What a custom field holds; its type is the tenant's own."""


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
    custom: Annotated[
        dict[str, Custom], Field(max_length=100, description="by name, see settings/custom-fields")
    ] = Field(default_factory=dict)


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


class NewAdjustment(RequestModel):
    """Points given or taken by hand."""

    points: Annotated[int, Field(ge=-1000, le=1000)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def draft_of(body: NewLead, now: datetime) -> dict[str, Any]:
    """The lead that a body describes; a linked account says where it comes from, if nobody else does (F3)."""
    said = body.model_dump(exclude={"consents", "duplicates"})
    source = source_of(body.lead_source, linked=body.account_id is not None)
    consents = [consent_of(channel, consent, now) for channel, consent in body.consents.items()]
    return said | {"lead_source": source, "consents": consents, "custom": body.custom or None}


def consent_of(channel: Channel, body: ConsentBody, now: datetime) -> Consent:
    """What a body says of a channel."""
    return Consent(channel, body.state, body.at or now, body.source, body.proof)
