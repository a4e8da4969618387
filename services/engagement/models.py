"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


class Source(TenantScoped, Model):
    """A system that sends events, with its own table of kinds (event names, page paths)."""

    __tablename__ = "sources"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    event_kinds: Mapped[dict[str, Any]]
    page_kinds: Mapped[dict[str, Any]]
    origins: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)


class WriteKey(TenantScoped, Model):
    """A source's right to send. The key itself is nowhere: only its hash, and a prefix to know it by."""

    __tablename__ = "write_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    prefix: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Person(TenantScoped, Model):
    """Whoever stands behind some identifiers. The merged point to whom they are; leads never merge here."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None]
    named: Mapped[bool]
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]


class Identifier(TenantScoped, Model):
    """One id of a person, as a hash. Never moves to another person: people are merged instead."""

    __tablename__ = "identifiers"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[UUID]
    created_at: Mapped[datetime]


class LeadEmail(TenantScoped, Model):
    """Which lead has which e-mail address, whether it is open, and by what it is seen (F107)."""

    __tablename__ = "lead_emails"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    email_hash: Mapped[str | None] = mapped_column(Text)
    open: Mapped[bool]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)
    owner_id: Mapped[UUID | None]
    territory: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None]


class Account(TenantScoped, Model):
    """What engagement needs to know of an account: who manages it."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    owner_id: Mapped[UUID | None]


class StoredEvent(TenantScoped, Model):
    """An event with its raw payload, once per tenant, source and message (F69). No lead: it waits (F73)."""

    __tablename__ = "events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    lead_id: Mapped[UUID | None]
    source_id: Mapped[UUID]
    message_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    path: Mapped[str | None] = mapped_column(Text)
    once_key: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[str] = mapped_column(Text)


class RejectedEvent(TenantScoped, Model):
    """An event that could not be taken, as it came, until somebody fixes and replays it (F71)."""

    __tablename__ = "rejected_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(Text)
    field: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[bytes]
    cut: Mapped[bool]
    shape: Mapped[str] = mapped_column(Text)
    sent: Mapped[int | None] = mapped_column(BigInteger)
    rejected_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    replayed_at: Mapped[datetime | None]
    replayed_by: Mapped[str | None] = mapped_column(Text)
    replayed_as: Mapped[UUID | None]
