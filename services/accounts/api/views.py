"""What people see: answers, and how they are made of rows."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from chassis.http import View
from chassis.http.imports import ImportView, PreviewedView
from services.accounts.domain import Mode, Size
from services.accounts.models import Account, Contact


class AccountView(View):
    """An account."""

    id: UUID
    external_id: str | None
    name: str
    domain: str | None
    industry: str | None
    company_size: str | None
    country: str | None
    territory: str | None
    website: str | None
    phone: str | None
    description: str | None
    custom: dict[str, Any]
    owner_id: UUID | None
    parent_id: UUID | None
    tier: str
    esg_engagement: str | None
    esg_score: int | None
    health: int
    at_risk: bool
    score: int
    origin_lead_id: UUID | None
    conversion_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    nps_due_on: date | None
    """When the customer is to be asked how satisfied they are."""


def account_view(row: Account) -> AccountView:
    """As the API shows an account."""
    return AccountView.model_validate(row)


class AccountImportView(ImportView):
    """A file on its way to be accounts."""

    duplicates: Mode
    owner_id: UUID | None


class PreviewedAccountImportView(AccountImportView, PreviewedView):
    """An import with what would come of its first rows, as long as it waits for its start."""


class ContactView(View):
    """A person of an account."""

    id: UUID
    account_id: UUID
    first_name: str | None
    last_name: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    primary: bool
    attributes: dict[str, str] | None
    """What a conversion brought of the lead, by the tenant's mapping."""
    origin_lead_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


class MemberView(View):
    """A colleague in the team of an account."""

    user_id: UUID
    role: str
    since: datetime


class HealthLineView(View):
    """Points of one cause: what counted, and what the rule gives where 0 or 100 cut it off."""

    rule: str
    cause: str
    at: datetime
    points: int
    rule_points: int


class ChangeView(View):
    """A change of the health, as it was told."""

    at: datetime
    previous: int
    health: int
    rule: str
    cause: str


class HealthView(View):
    """The health of an account; `start` and the points of `contributions` add up to `value`."""

    value: int
    start: int
    at_risk: bool
    risk_reason: str | None
    risk_since: datetime | None
    next_change_at: datetime | None
    contributions: list[HealthLineView]
    series: list[ChangeView]


class ShareView(View):
    """What a lead gives to the score of its account: a share, in percent, of its own score."""

    lead_id: UUID
    score: int
    share: int
    points: int


class ScoreView(View):
    """The score of an account; the points of `contributions` add up to it."""

    score: int
    contributions: list[ShareView]


class EntryView(View):
    """Something that happened: what, when, by whom."""

    id: UUID
    type: str
    at: datetime
    actor: str
    lead_id: UUID | None
    opportunity_id: UUID | None
    what: dict[str, Any]


class ValueView(View):
    """Value in one currency, minor units; expansion in percent of the new business."""

    currency: str
    won_minor: int
    new_business_minor: int
    expansion_minor: int
    renewal_minor: int
    open_minor: int
    expansion_percent: int | None


class GrowthView(View):
    """What came of an account."""

    leads: int
    leads_by_source: dict[str, int]
    leads_by_status: dict[str, int]
    opportunities: dict[str, int]
    values: list[ValueView]


class LeadDraft(View):
    """A body for POST /api/leads, without what is not known."""

    account_id: UUID
    lead_source: Literal["upsell", "cross_sell", "renewal"]
    company: str
    industry: str | None
    company_size: Size | None
    country: str | None
    first_name: str | None
    last_name: str | None
    job_title: str | None
    email: str | None
    phone: str | None


def lead_draft(
    account: Account, person: Contact | None, source: Literal["upsell", "cross_sell", "renewal"]
) -> LeadDraft:
    """A next lead from an account, for a person of it where there is one."""
    personal = ("first_name", "last_name", "job_title", "email", "phone")
    firm = ("industry", "company_size", "country")
    return LeadDraft(
        account_id=account.id,
        lead_source=source,
        company=account.name,
        **{name: getattr(account, name) for name in firm},
        **{name: getattr(person, name, None) for name in personal},
    )
