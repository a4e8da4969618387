"""What people see: answers, and how they are made of rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.http import View
from services.accounts.models import Account


class AccountView(View):
    """An account."""

    id: UUID
    name: str
    domain: str | None
    industry: str | None
    company_size: str | None
    country: str | None
    territory: str | None
    website: str | None
    phone: str | None
    description: str | None
    custom: dict[str, Any]
    owner_id: UUID | None
    parent_id: UUID | None
    tier: str
    esg_engagement: str | None
    esg_score: int | None
    health: int
    at_risk: bool
    score: int
    origin_lead_id: UUID | None
    conversion_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


def account_view(row: Account) -> AccountView:
    """As the API shows an account."""
    return AccountView.model_validate(row)
