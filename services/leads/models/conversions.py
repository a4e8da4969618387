"""Leads on their way to be customers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


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
    pii: Mapped[bytes | None]
    """What the opportunity gets of the lead, sealed under the lead's own key."""
    key_id: Mapped[str | None]
