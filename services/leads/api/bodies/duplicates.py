"""Who may be there already, and what is to be done about it."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.http import Id, RequestModel
from services.leads.api.bodies.leads import Country, Email, SourceKey, Text
from services.leads.matching import Action


class PersonDraft(RequestModel):
    """Somebody who may be there already."""

    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    email: Email | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    country: Country | None = None
    lead_source: SourceKey = "manual"
    lead_id: Annotated[Id | None, Field(description="a lead that is not to be its own duplicate")] = None


class PolicyBody(RequestModel):
    """What is done about likely duplicates: from which score on, and whether a caller may insist."""

    action: Action = "suggest"
    threshold: Annotated[int, Field(ge=1, le=100)] = 50
    override: bool = True


class PoliciesBody(RequestModel):
    """Policies of a tenant: for every source, and for single ones."""

    default: PolicyBody = PolicyBody()
    sources: Annotated[dict[SourceKey, PolicyBody], Field(max_length=100)] = Field(default_factory=dict)


class SuspicionSettled(RequestModel):
    """What a person says of a suspicion."""

    decision: Literal["link", "not_duplicate"]
