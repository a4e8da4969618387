"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column, validates

from chassis.companies import company_key, own_domain
from chassis.db import Model, TenantScoped


class Account(TenantScoped, Model):
    """A company that is or may become a customer."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    external_id: Mapped[str | None]
    """What it is called in another system; one account's in a tenant."""
    name: Mapped[str]
    name_key: Mapped[str | None]
    """The name without its legal form, by which the same account is found."""
    domain: Mapped[str | None]
    domain_key: Mapped[str | None]
    """The domain, unless everybody can have an address there."""
    industry: Mapped[str | None]
    company_size: Mapped[str | None]
    country: Mapped[str | None]
    territory: Mapped[str | None]
    website: Mapped[str | None]
    phone: Mapped[str | None]
    description: Mapped[str | None]
    custom: Mapped[dict[str, Any]]
    owner_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    tier: Mapped[str]
    esg_engagement: Mapped[str | None]
    esg_score: Mapped[int | None]
    origin_lead_id: Mapped[UUID | None]
    conversion_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    nps_due_on: Mapped[date | None]
    score: Mapped[int]
    health: Mapped[int]
    health_at: Mapped[datetime | None]
    """Up to when its health is counted: the last fact or tick."""
    due_at: Mapped[datetime | None]
    """When its health or its risk changes by itself."""
    at_risk: Mapped[bool]
    risk_reason: Mapped[str | None]
    risk_since: Mapped[datetime | None]
    risk_cause: Mapped[UUID | None]
    """Constant for one stay at risk."""

    @validates("name")
    def _keyed_by_name(self, _: str, name: str) -> str:
        self.name_key = company_key(name)
        return name

    @validates("domain")
    def _keyed_by_domain(self, _: str, domain: str | None) -> str | None:
        self.domain_key = domain_key(domain)
        return domain


def domain_key(domain: str | None) -> str | None:
    """By which accounts of one company are found."""
    return own_domain(f"@{domain.lower()}") if domain else None


class Contact(TenantScoped, Model):
    """A person of an account; one of them is its primary contact (F52)."""

    __tablename__ = "contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(BigInteger)
    """The account's version after the contact's last change."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    job_title: Mapped[str | None]
    email: Mapped[str | None]
    email_normal: Mapped[str | None]
    email_hash: Mapped[str | None]
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    primary: Mapped[bool] = mapped_column("is_primary")
    attributes: Mapped[dict[str, Any] | None]
    """What a conversion brought of the lead beside the fields above (F47)."""
    origin_lead_id: Mapped[UUID | None]
    conversion_id: Mapped[UUID | None]


class TeamMember(TenantScoped, Model):
    """A colleague who works with an account besides its owner (F58)."""

    __tablename__ = "team_members"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    since: Mapped[datetime]


class SettingsRow(TenantScoped, Model):
    """What a tenant sets otherwise than the defaults."""

    __tablename__ = "account_settings"

    version: Mapped[int] = mapped_column(BigInteger)
    tiers: Mapped[list[Any]]
    risk_below: Mapped[int]
    quiet_after_days: Mapped[int]
    silent_after_days: Mapped[int]


class Conversion(TenantScoped, Model):
    """What this service said to a conversion, so that it says the same again (F48)."""

    __tablename__ = "conversion_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    account_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    answer: Mapped[str | None]
    """Name of the event that answered; None while the step waits for a key."""
    record: Mapped[dict[str, Any]]
    """The answer itself, or what asked for it."""
    withdrawn: Mapped[bool]


class Lead(TenantScoped, Model):
    """What accounts need to know of a lead; also of one that is nobody's yet."""

    __tablename__ = "leads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    archived: Mapped[bool]
    lead_source: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    esg_interest: Mapped[str | None]
    linked_account_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    """The account that it was converted into, else the linked one."""
    joined_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    score: Mapped[int]
    score_epoch: Mapped[int] = mapped_column(BigInteger)
    score_sequence: Mapped[int] = mapped_column(BigInteger)


class Deal(TenantScoped, Model):
    """What accounts need to know of an opportunity."""

    __tablename__ = "opportunities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[UUID]
    conversion_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    deal_type: Mapped[str]
    outcome: Mapped[str]
    closed_at: Mapped[datetime | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    withdrawn: Mapped[bool]


class TimelineEntry(TenantScoped, Model):
    """Something on a timeline (F53): of an account, or of a lead that has no account yet."""

    __tablename__ = "timeline"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None]
    lead_id: Mapped[UUID | None]
    opportunity_id: Mapped[UUID | None]
    at: Mapped[datetime]
    type: Mapped[str]
    actor: Mapped[str]
    sign: Mapped[bool]
    what: Mapped[dict[str, Any]]


class HealthLine(TenantScoped, Model):
    """One contribution to the health of an account (F54)."""

    __tablename__ = "health_contributions"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    points: Mapped[int]
    rule_points: Mapped[int]


class HealthChange(TenantScoped, Model):
    """A change of the health as it was told; append only."""

    __tablename__ = "health_history"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    previous: Mapped[int]
    health: Mapped[int]
    rule: Mapped[str]
    cause: Mapped[str]


class ClockPartition(TenantScoped, Model):
    """The time that a partition of the clock stands at; of no tenant (the nil one)."""

    __tablename__ = "clock_partitions"

    partition: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[datetime]
