"""What people may say: bodies of requests, strict."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from chassis.http import Day, Id, RequestModel
from chassis.http.money import AmountBody
from services.opportunities.domain import DealType, Line, Money, Outcome, Pipeline, Stage

Text = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(max_length=2000)]
KEY = r"^[a-z][a-z0-9_]{0,49}$"
Key = Annotated[str, Field(pattern=KEY)]


class LineBody(RequestModel):
    """A line item; the discount is off the whole line."""

    title: Text
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    unit_price: AmountBody
    discount_percent: Annotated[int, Field(ge=0, le=100)] = 0

    @property
    def line(self) -> Line:
        """As the rules see it."""
        return Line(self.title, self.quantity, _money(self.unit_price), self.discount_percent)


class OpportunityFields(RequestModel):
    """What a person may say of a deal at any time; where there are lines, the amount is their sum."""

    contact_id: Id | None = None
    description: str | None = None
    amount: AmountBody | None = None
    lines: Annotated[list[LineBody], Field(max_length=100)] = Field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """What was said, as the commands take it."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        if "amount" in said:
            said["amount"] = _money(self.amount) if self.amount else None
        if "lines" in said:
            said["lines"] = [line.line for line in self.lines]
        if "type" in said:
            said["deal_type"] = said.pop("type")
        return said


class NewOpportunity(OpportunityFields):
    """A deal as a person opens it; it closes in 90 days where nothing else is said."""

    title: Text
    account_id: Id
    type: DealType = "new_business"
    close_date: Day | None = None
    pipeline: Key | None = None
    stage: Key | None = None

    def opening(self, owner: UUID | None) -> dict[str, Any]:
        """What was said, with whose deal it is."""
        said = {"deal_type": self.type, **self.fields(), "owner_id": owner}
        return {name: value for name, value in said.items() if value is not None}


class OpportunityChange(OpportunityFields):
    """What changes; what is not named stays."""

    # the defaults are never used: a field that has one may be left out, and yet not be null
    title: Text = Field(default_factory=str)
    type: DealType = Field(default_factory=lambda: "new_business")
    close_date: Day = Field(default_factory=date.today)


class NewOwner(RequestModel):
    """Who owns the deal from now on; null: nobody."""

    owner_id: Id | None


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


class StageBody(RequestModel):
    """A stage; an open one has a limit in days, after which a deal in it is stale."""

    key: Key
    label: Text
    probability: Annotated[int, Field(ge=0, le=100)]
    outcome: Outcome = "open"
    limit_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class PipelineBody(RequestModel):
    """Label and stages of a pipeline, in their order."""

    label: Text
    stages: Annotated[list[StageBody], Field(min_length=3, max_length=50)]

    def pipeline(self, key: str) -> Pipeline:
        """As the rules see it."""
        return Pipeline(key, self.label, tuple(Stage(**stage.model_dump()) for stage in self.stages))


class NewPipeline(PipelineBody):
    """A pipeline of its own key."""

    key: Key


def _money(body: AmountBody) -> Money:
    return Money(body.minor, body.currency)
