"""What happened to a lead, append only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


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
