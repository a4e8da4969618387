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


class MatchRecord(TenantScoped, Model):
    """A lead, contact or account in normal forms, to compare drafts with (F35)."""

    __tablename__ = "match_records"

    object: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    company: Mapped[str]
    email: Mapped[str]
    domain: Mapped[str]
    phone: Mapped[str]
    account_id: Mapped[UUID | None]
    """Of a contact or account; a lead's own row says it for a lead."""
    version: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes | None]
    """What a contact is, until its key has come."""
    key_id: Mapped[str | None]


class MatchKey(TenantScoped, Model):
    """Where a record is found: rows, because row security keeps an index over arrays from being used."""

    __tablename__ = "match_keys"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    object: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)


class DuplicateDecision(TenantScoped, Model):
    """What was done about likely duplicates, by whom and because of whom (F36); append only."""

    __tablename__ = "duplicate_decisions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None]
    """None where no lead came of it."""
    at: Mapped[datetime]
    actor: Mapped[str]
    way: Mapped[str]
    """api, form, bulk, import, by_hand."""
    source: Mapped[str]
    decision: Mapped[str]
    candidates: Mapped[list[Any]]


class Suspicion(TenantScoped, Model):
    """Two records that may be one, until a person says whether they are."""

    __tablename__ = "suspicions"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    object: Mapped[str] = mapped_column(primary_key=True)
    candidate_id: Mapped[UUID] = mapped_column(primary_key=True)
    score: Mapped[int]
    reasons: Mapped[list[Any]]
    account_id: Mapped[UUID | None]
    state: Mapped[str]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]


class Import(TenantScoped, Model):
    """A file on its way to be leads (F4): how it is read, how far it is, who works on it."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    actor: Mapped[str]
    owner_id: Mapped[UUID | None]
    """Whose the leads are; None leaves them to the rules."""
    file_name: Mapped[str]
    size: Mapped[int]
    encoding: Mapped[str]
    separator: Mapped[str]
    columns: Mapped[list[Any]]
    mapping: Mapped[dict[str, Any]]
    """Place of a column, as text, to field."""
    duplicates: Mapped[str]
    source: Mapped[str]
    dry_run: Mapped[bool]
    state: Mapped[str]
    rows: Mapped[int]
    position: Mapped[int]
    """Rows that are done, in the transaction of their effects."""
    created: Mapped[int]
    updated: Mapped[int]
    duplicate: Mapped[int]
    invalid: Mapped[int]
    detail: Mapped[str | None]
    claim: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ImportPart(TenantScoped, Model):
    """A piece of an uploaded file, in UTF-8; gone when the import has ended."""

    __tablename__ = "import_parts"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    raw: Mapped[bytes]


class RefusedRow(TenantScoped, Model):
    """A row of a file that became no lead, and why."""

    __tablename__ = "refused_rows"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    why: Mapped[list[Any]]
    cells: Mapped[list[Any]]


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
