"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


class Account(TenantScoped, Model):
    """A company that is or may become a customer."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    name: Mapped[str]
    domain: Mapped[str | None]
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
    health: Mapped[int]
    score: Mapped[int]
    at_risk: Mapped[bool]


class Contact(TenantScoped, Model):
    """A person of an account; one of them is its primary contact (F52)."""

    __tablename__ = "contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
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
    origin_lead_id: Mapped[UUID | None]
    conversion_id: Mapped[UUID | None]


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
