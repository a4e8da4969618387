"""What becomes of a lead."""

from typing import Annotated

from pydantic import Field

from chassis.http import RequestModel, Timestamp
from services.leads.domain import Activity, Status


class NewStatus(RequestModel):
    """A decision about the status; unqualified needs a reason."""

    status: Status
    reason_code: Annotated[str, Field(max_length=50)] | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None


class Reopening(RequestModel):
    """Why an unqualified lead is taken up again."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Why(RequestModel):
    """Why a lead is archived or comes back, where somebody wants to say so."""

    reason: Annotated[str, Field(max_length=2000)] | None = None


class NewActivity(RequestModel):
    """What somebody did with a lead; just now, where no time is given."""

    activity: Activity
    happened_at: Timestamp | None = None
    text: Annotated[str, Field(max_length=5000)] | None = None
