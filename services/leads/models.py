"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped
from services.leads.domain import Layout, Standing


class Lead(TenantScoped, Model):
    """A lead: who it is, where it stands, what its score is."""

    __tablename__ = "leads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    company: Mapped[str | None]
    job_title: Mapped[str | None]
    email: Mapped[str | None]
    email_normal: Mapped[str | None]
    email_hash: Mapped[str | None]
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    industry: Mapped[str | None]
    company_size: Mapped[str | None]
    country: Mapped[str | None]
    region: Mapped[str | None]
    lead_source: Mapped[str]
    utm: Mapped[dict[str, Any]]
    channel: Mapped[str | None]
    campaign: Mapped[str | None]
    referrer: Mapped[str | None]
    description: Mapped[str | None]
    esg_interest: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    territory: Mapped[str | None]
    status: Mapped[str]
    status_since: Mapped[datetime]
    pinned: Mapped[bool]
    score: Mapped[int]
    raw: Mapped[int]
    fit: Mapped[int]
    engagement: Mapped[int]
    grade: Mapped[str]
    rules_version: Mapped[int]
    next_change_at: Mapped[datetime | None]
    score_epoch: Mapped[int] = mapped_column(BigInteger)
    score_sequence: Mapped[int] = mapped_column(BigInteger)
    respond_by: Mapped[datetime | None]
    """When the first human contact is due."""
    first_contacted_at: Mapped[datetime | None]
    own_source: Mapped[str | None]
    """The tenant's own word, where the source was named by it."""
    own_industry: Mapped[str | None]
    consents: Mapped[dict[str, Any] | None]
    """Channel to what the person said last."""
    first_touch: Mapped[dict[str, Any] | None]
    last_touch: Mapped[dict[str, Any] | None]
    archived_at: Mapped[datetime | None]
    conversion_id: Mapped[UUID | None]
    """The conversion that is under way, or that converted the lead."""
    converted_to_account: Mapped[UUID | None]
    converted_to_opportunity: Mapped[UUID | None]

    @property
    def standing(self) -> Standing:
        """The lead as the status rules see it."""
        return Standing(self.status, self.status_since, self.pinned)  # type: ignore[arg-type]

    @standing.setter
    def standing(self, standing: Standing) -> None:
        self.status, self.status_since, self.pinned = standing.status, standing.since, standing.pinned


class Contribution(TenantScoped, Model):
    """One line of a lead's receipt (F18); 0 points with a reason say why it did not count."""

    __tablename__ = "contributions"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_version: Mapped[int]
    category: Mapped[str]
    occurred_at: Mapped[datetime]
    points: Mapped[int]
    reason: Mapped[str | None]


class ScoreChange(TenantScoped, Model):
    """A change of the score as it was told (F19); append only."""

    __tablename__ = "score_history"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    stored_at: Mapped[datetime]
    cause: Mapped[str]
    cause_id: Mapped[str]
    previous: Mapped[int]
    shown: Mapped[int]
    raw: Mapped[int]
    fit: Mapped[int]
    engagement: Mapped[int]
    grade: Mapped[str]
    rules_version: Mapped[int]


class StatusChange(TenantScoped, Model):
    """A change of the status: who, what, when, why (F30); append only."""

    __tablename__ = "status_history"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    previous: Mapped[str | None]
    status: Mapped[str]
    seconds_in_previous: Mapped[int]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    warning: Mapped[str | None]
    score: Mapped[int]
    rules_version: Mapped[int]


class LogEntry(TenantScoped, Model):
    """Anything else that happened to a lead: activities, consents, archive; append only."""

    __tablename__ = "lead_log"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    what: Mapped[dict[str, Any]]
    why: Mapped[str | None]


class Adjustment(TenantScoped, Model):
    """Points that a person gave or took (F19); `event_id` is the cause of the score change."""

    __tablename__ = "adjustments"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    points: Mapped[int]
    reason: Mapped[str]


class RuleSetRow(TenantScoped, Model):
    """A version of the scoring rules (F17); once published it never changes."""

    __tablename__ = "scoring_rules"

    version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[list[Any]]
    author: Mapped[str]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]


class TenantSetting(TenantScoped, Model):
    """What a tenant decides for itself, as a document with a name."""

    __tablename__ = "tenant_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class ConversionRow(TenantScoped, Model):
    """A conversion from its command to its end: saga and log in one (F48, F49)."""

    __tablename__ = "conversions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    path: Mapped[str]
    state: Mapped[str]
    account_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    opportunity_id: Mapped[UUID | None]
    account_owner_id: Mapped[UUID | None]
    account_name: Mapped[str | None]
    code: Mapped[str | None]
    reason: Mapped[str | None]
    command: Mapped[dict[str, Any]]
    """As it came: the same key with another command is refused (G11)."""
    actor: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    score: Mapped[dict[str, Any]]
    """The lead's score at the beginning: shown, raw, fit, engagement, grade, rules_version."""
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    close_date: Mapped[date]
    unmapped: Mapped[list[Any]]


class Account(TenantScoped, Model):
    """What leads need to know of an account: who manages it."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    owner_id: Mapped[UUID | None]
    closed: Mapped[bool]


class AssignmentRow(TenantScoped, Model):
    """A lead came to somebody, or to nobody: by which rule, and why (F40-F43); append only."""

    __tablename__ = "assignments"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    previous_owner_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    rule: Mapped[str]
    reason: Mapped[str]
    turn: Mapped[int | None] = mapped_column(BigInteger)
    """Number of the turn that it used up, where people took turns."""


class Form(TenantScoped, Model):
    """A web form; its key is public."""

    __tablename__ = "forms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    name: Mapped[str]
    key: Mapped[str]
    active: Mapped[bool]
    origins: Mapped[list[Any]]
    mapping: Mapped[dict[str, Any]]
    honeypot: Mapped[str | None]
    double_opt_in: Mapped[bool]
    redirect_url: Mapped[str | None]
    message: Mapped[str]

    @property
    def layout(self) -> Layout:
        """How its fields are read."""
        return Layout(self.mapping, self.honeypot)


class FormSubmission(TenantScoped, Model):
    """What a form sent: all of it while it waits or is flagged, then what no field was mapped to."""

    __tablename__ = "form_submissions"

    form_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    email_hash: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    sent: Mapped[dict[str, Any]]
    settled_at: Mapped[datetime | None]
