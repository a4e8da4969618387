"""Whom a new lead may be, and what was decided about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


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
