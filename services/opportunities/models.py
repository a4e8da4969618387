"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, TenantScoped
from services.opportunities.domain import Line, Money, Outcome, Pipeline, Stage, Standing


class PipelineRow(TenantScoped, Model):
    """A pipeline as the tenant has it."""

    __tablename__ = "pipelines"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[str]
    stages: Mapped[list[Any]]
    author: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def pipeline(self) -> Pipeline:
        """As the rules see it."""
        return Pipeline(self.key, self.label, tuple(Stage(**stage) for stage in self.stages))


class Opportunity(TenantScoped, Model):
    """A deal: what it is, where it stands, what it is worth."""

    __tablename__ = "opportunities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    title: Mapped[str]
    description: Mapped[str | None]
    account_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    origin_lead_id: Mapped[UUID | None]
    conversion_id: Mapped[UUID | None]
    deal_type: Mapped[str]
    pipeline: Mapped[str]
    stage: Mapped[str]
    outcome: Mapped[str]
    """open, won, lost, or withdrawn with the conversion that opened it: then it is shown nowhere."""
    probability: Mapped[int]
    stage_since: Mapped[datetime]
    stale_at: Mapped[datetime | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    stored_lines: Mapped[list[Any]] = mapped_column("lines")
    close_date: Mapped[date]
    closed_at: Mapped[datetime | None]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    competitor: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    lead_source: Mapped[str | None]
    score_factor: Mapped[int | None]
    """Percent."""
    pii: Mapped[bytes | None]
    """What the conversion brought of the lead, sealed under the lead's key as it came."""
    key_id: Mapped[str | None]

    @property
    def amount(self) -> Money | None:
        """What it is worth, where that is known."""
        if self.amount_minor is None or self.currency is None:
            return None
        return Money(self.amount_minor, self.currency)

    @amount.setter
    def amount(self, amount: Money | None) -> None:
        self.amount_minor, self.currency = (amount.minor, amount.currency) if amount else (None, None)

    @property
    def lines(self) -> list[Line]:
        """What the amount is made of, where that is known."""
        return [Line(**{**line, "unit_price": Money(**line["unit_price"])}) for line in self.stored_lines]

    @lines.setter
    def lines(self, lines: list[Line]) -> None:
        self.stored_lines = [asdict(line) for line in lines]

    @property
    def standing(self) -> Standing:
        """As the rules see it."""
        outcome = cast(Outcome, self.outcome)
        return Standing(self.pipeline, self.stage, outcome, self.probability, self.stage_since, self.stale_at)

    @standing.setter
    def standing(self, standing: Standing) -> None:
        self.pipeline, self.stage, self.outcome = standing.pipeline, standing.stage, standing.outcome
        self.probability, self.stale_at = standing.probability, standing.stale_at
        self.stage_since = standing.since
        self.closed_at = None if standing.outcome == "open" else standing.since


class Change(TenantScoped, Model):
    """What happened to a deal and how it stood afterwards; append only. Any past day is replayed from it."""

    __tablename__ = "history"

    opportunity_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    """opened, changed, moved, reopened or withdrawn."""
    changed: Mapped[list[Any]]
    previous: Mapped[str | None]
    seconds_in_previous: Mapped[int | None] = mapped_column(BigInteger)
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    competitor: Mapped[str | None]
    pipeline: Mapped[str]
    stage: Mapped[str]
    outcome: Mapped[str]
    probability: Mapped[int]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    close_date: Mapped[date]
    closed_at: Mapped[datetime | None]
    owner_id: Mapped[UUID | None]


class Conversion(TenantScoped, Model):
    """What a conversion was answered, so that it is always answered the same."""

    __tablename__ = "conversions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID]
    answer: Mapped[str]
    """Type of the event."""
    record: Mapped[dict[str, Any]]


class Account(TenantScoped, Model):
    """What deals need to know of an account."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    owner_id: Mapped[UUID | None]
    territory: Mapped[str | None]
    closed: Mapped[bool]
