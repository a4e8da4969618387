"""Web forms and what they sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped
from services.leads.domain import Layout


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
