"""What a tenant decides for itself."""

from typing import Annotated

from pydantic import Field

from chassis.http import RequestModel
from services.leads.api.bodies.leads import Country
from services.leads.domain.custom import NAME, Kind


class ResponseBody(RequestModel):
    """Where the tenant is at home, and how soon its leads are to be answered."""

    home_country: Country | None = None
    respond_within_seconds: Annotated[int, Field(ge=60, le=90 * 86_400)] = 86_400


class Word(RequestModel):
    """What a tenant calls a system key, or a word of its own that stands for one."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
    label: Annotated[str, Field(min_length=1, max_length=100)]
    system_key: Annotated[str, Field(max_length=50)] | None = None


class LabelsBody(RequestModel):
    """The tenant's words over the system's keys; a key that is not named has its plain label."""

    statuses: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    sources: Annotated[list[Word], Field(max_length=100)] = Field(default_factory=list)
    industries: Annotated[list[Word], Field(max_length=200)] = Field(default_factory=list)


class CustomFieldBody(RequestModel):
    """What people read for a custom field, and what it holds."""

    label: Annotated[str, Field(min_length=1, max_length=100)]
    type: Kind


class CustomFieldsBody(RequestModel):
    """All custom fields of the tenant's leads, by name."""

    custom_fields: Annotated[
        dict[Annotated[str, Field(pattern=f"^{NAME}$")], CustomFieldBody], Field(max_length=100)
    ]
