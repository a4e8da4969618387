"""Whose leads are, and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


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
