"""What people may say: bodies of requests, strict."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.http import Day, Id, RequestModel
from services.opportunities.domain import DECIMALS, LARGEST, DealType, Money

Text = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(max_length=2000)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


def _known(code: str) -> str:
    if code not in DECIMALS:
        raise ValueError("must be a currency of ISO 4217, such as EUR")
    return code


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217"), AfterValidator(_known)]


class MoneyBody(RequestModel):
    """An amount in minor units of its currency: 12.50 EUR is 1250, 12 JPY is 12, 1.250 KWD is 1250."""

    minor: Annotated[int, Field(ge=0, le=LARGEST)]
    currency: Currency

    @property
    def money(self) -> Money:
        """As the rules see it."""
        return Money(self.minor, self.currency)


class NewOpportunity(RequestModel):
    """A deal as a person opens it."""

    title: Text
    account_id: Id
    contact_id: Id | None = None
    type: DealType = "new_business"
    amount: MoneyBody | None = None
    close_date: Day | None = None
    description: str | None = None
    pipeline: Key | None = None
    stage: Key | None = None


class NewStage(RequestModel):
    """Where a deal goes; a lost one needs code and text of the reason."""

    stage: Key
    reason_code: Annotated[str, Field(max_length=50)] | None = None
    reason: Reason | None = None
    competitor: Text | None = None


class Reopening(RequestModel):
    """Which open stage a closed deal comes back to, and why."""

    stage: Key
    reason: Annotated[Reason, Field(min_length=1)]
