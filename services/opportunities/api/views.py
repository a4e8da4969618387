"""What people see: answers, and how they are made of rows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from chassis.http import View
from services.opportunities.domain import DealType, Outcome, weighted
from services.opportunities.models import Change, Opportunity, PipelineRow


class MoneyView(View):
    """An amount in minor units of its currency (ISO 4217)."""

    minor: int
    currency: str


class LineView(View):
    """A line item and what it comes to."""

    title: str
    quantity: int
    unit_price: MoneyView
    discount_percent: int
    minor: int


class OpportunityView(View):
    """A deal. `weighted` is amount x probability / 100; `score_factor` stands beside it, never in it."""

    id: UUID
    title: str
    description: str | None
    account_id: UUID
    contact_id: UUID | None
    type: DealType
    pipeline: str
    stage: str
    outcome: Outcome
    probability: int
    amount: MoneyView | None
    weighted: MoneyView | None
    score_factor: float | None
    lines: list[LineView]
    close_date: date
    closed_at: datetime | None
    stage_since: datetime
    stale_at: datetime | None
    reason_code: str | None
    reason: str | None
    competitor: str | None
    owner_id: UUID | None
    lead_source: str | None
    attributes: dict[str, str]
    """What the conversion brought of the lead, by the tenant's mapping."""
    origin_lead_id: UUID | None
    conversion_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


class ChangeView(View):
    """What happened to a deal: who, what, when, why, how long it had been in the stage it left."""

    kind: Literal["opened", "changed", "moved", "reopened"]
    at: datetime
    who: str
    version: int
    changed: list[str]
    stage: str
    previous: str | None
    seconds_in_previous: int | None
    outcome: Outcome
    probability: int
    amount: MoneyView | None
    close_date: date
    owner_id: UUID | None
    reason_code: str | None
    reason: str | None
    competitor: str | None


class StageView(View):
    """A stage of a pipeline."""

    key: str
    label: str
    probability: int
    outcome: Outcome
    limit_days: int | None


class PipelineView(View):
    """A pipeline with its stages in their order."""

    key: str
    label: str
    version: int
    stages: list[StageView]
    author: str
    updated_at: datetime


class PipelinesView(View):
    """Every pipeline of the tenant."""

    pipelines: list[PipelineView]


class CurrencyView(View):
    """A currency and how many decimals its minor unit stands for."""

    code: str
    decimals: int


class CurrenciesView(View):
    """Every currency that an amount may have."""

    currencies: list[CurrencyView]


def opportunity_view(row: Opportunity, attributes: Mapping[str, str]) -> OpportunityView:
    """As the API shows a deal."""
    amount = row.amount
    shown = {
        "type": row.deal_type,
        "attributes": attributes,
        "amount": amount,
        "weighted": amount
        and MoneyView(minor=weighted(amount.minor, row.probability), currency=amount.currency),
        "score_factor": None if row.score_factor is None else row.score_factor / 100,
    }
    return OpportunityView.model_validate({**_same(row, OpportunityView, shown), **shown})


def change_view(row: Change) -> ChangeView:
    """As the API shows a line of the history."""
    amount = row.currency and MoneyView(minor=row.amount_minor or 0, currency=row.currency)
    shown = {"who": row.actor, "amount": amount}
    return ChangeView.model_validate({**_same(row, ChangeView, shown), **shown})


def pipeline_view(row: PipelineRow) -> PipelineView:
    """As the API shows a pipeline."""
    return PipelineView.model_validate(row)


def _same(row: object, view: type[View], but: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in view.model_fields if name not in but}
