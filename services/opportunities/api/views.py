"""What people see: answers, and how they are made of rows."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis.http import View
from services.opportunities.domain import DealType, weighted
from services.opportunities.models import Opportunity


class MoneyView(View):
    """An amount in minor units of its currency (ISO 4217)."""

    minor: int
    currency: str


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
    outcome: Literal["open", "won", "lost"]
    probability: int
    amount: MoneyView | None
    weighted: MoneyView | None
    score_factor: float | None
    close_date: date
    closed_at: datetime | None
    stage_since: datetime
    stale_at: datetime | None
    reason_code: str | None
    reason: str | None
    competitor: str | None
    owner_id: UUID | None
    lead_source: str | None
    origin_lead_id: UUID | None
    conversion_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


def opportunity_view(row: Opportunity) -> OpportunityView:
    """As the API shows a deal."""
    amount = row.amount
    shown = {
        "type": row.deal_type,
        "amount": amount and MoneyView.model_validate(amount),
        "weighted": amount
        and MoneyView(minor=weighted(amount.minor, row.probability), currency=amount.currency),
        "score_factor": None if row.score_factor is None else row.score_factor / 100,
    }
    same = OpportunityView.model_fields.keys() - shown.keys()
    return OpportunityView.model_validate({**{name: getattr(row, name) for name in same}, **shown})
