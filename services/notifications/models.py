"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped
from services.notifications.domain import ItemState, MessageKind

Time = TIMESTAMP(timezone=True)


class Alert(TenantScoped, Model):
    """An alert or a notice, once per tenant, kind, subject and cause (G6)."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "subject_id", "cause"),
        Index("ix_alerts_newest", "tenant_id", "raised_at", "id"),
        Index("ix_alerts_subject", "tenant_id", "subject_id", "raised_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    severity: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    level: Mapped[int] = mapped_column(default=0)
    cause: Mapped[str]
    cause_id: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(Time)
    recorded_at: Mapped[datetime] = mapped_column(Time)
    stored_at: Mapped[datetime] = mapped_column(Time)
    threshold: Mapped[int | None]
    score: Mapped[int | None]
    status: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    detail: Mapped[str | None]
    """Of a notice: why, for people."""
    escalated_at: Mapped[datetime | None] = mapped_column(Time)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Time)
    acknowledged_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None] = mapped_column(Time)
    resolved_reason: Mapped[str | None]


class InboxItem(TenantScoped, Model):
    """An alert as one person sees it; once per alert and person."""

    __tablename__ = "inbox_items"
    __table_args__ = (
        UniqueConstraint("tenant_id", "alert_id", "recipient_id"),
        ForeignKeyConstraint(["tenant_id", "alert_id"], ["alerts.tenant_id", "alerts.id"]),
        Index("ix_inbox_items_newest", "tenant_id", "recipient_id", "notified_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    state: Mapped[ItemState] = mapped_column(Text, default="unread")
    notified_at: Mapped[datetime] = mapped_column(Time)
    changed_at: Mapped[datetime] = mapped_column(Time)


class Message(TenantScoped, Model):
    """A mail on its way out of the house: to a user about an alert, or to a lead; once per cause.

    Its id is made of what causes it, so the same again is the same message.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("tenant_id", "alert_id", "channel", "recipient_id"),
        ForeignKeyConstraint(["tenant_id", "alert_id"], ["alerts.tenant_id", "alerts.id"]),
        Index("ix_messages_due", "due_at", postgresql_where="state = 'queued'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[MessageKind] = mapped_column(Text, default="alert")
    alert_id: Mapped[UUID | None]
    channel: Mapped[str]
    recipient_id: Mapped[UUID]
    """A user's, or where there is no alert a lead's."""
    state: Mapped[str] = mapped_column(default="queued")
    attempt: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(Time)
    leased_until: Mapped[datetime | None] = mapped_column(Time)
    last_error: Mapped[str | None]
    good_until: Mapped[datetime | None] = mapped_column(Time)
    """From then on it helps nobody and is not sent."""
    detail: Mapped[str | None]
    """Of a confirmation: what people call the form."""
    pii: Mapped[bytes | None]
    """Of a confirmation: e-mail and link, sealed as they came."""
    key_id: Mapped[str | None]


class Lead(TenantScoped, Model):
    """What alerts need to know of a lead; personal fields stay sealed and open at reading."""

    __tablename__ = "leads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    owner_id: Mapped[UUID | None]
    territory: Mapped[str | None]
    account_id: Mapped[UUID | None]
    pii: Mapped[bytes | None]
    key_id: Mapped[str | None]


class EmailConsent(TenantScoped, Model):
    """What a lead said last of being written to, and under which address."""

    __tablename__ = "email_consents"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    """Of the lead when it said so."""
    email_hash: Mapped[str | None]
    state: Mapped[str]
    """granted or withdrawn"""
    said_at: Mapped[datetime] = mapped_column(Time)


class Subject(TenantScoped, Model):
    """What alerts need to know of an account or an opportunity."""

    __tablename__ = "subjects"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """account or opportunity"""
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    owner_id: Mapped[UUID | None]


class ClockOffset(TenantScoped, Model):
    """What the business clock is ahead of the wall clock; one row, of no tenant (the nil one)."""

    __tablename__ = "clock_offset"

    ahead_ms: Mapped[int] = mapped_column(BigInteger)
