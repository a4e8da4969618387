"""What a tenant decides for itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped


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
