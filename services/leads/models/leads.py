"""Leads and what their scores are made of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped
from services.leads.domain import Standing


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
    custom: Mapped[dict[str, Any] | None]
    """The tenant's own fields: name to what they hold."""
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
    erased_at: Mapped[datetime | None]
    """Since when nothing is known of the person any more."""
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
