"""What people may say: bodies of requests, strict."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chassis.contact import check_country, check_email
from chassis.http import Id, RequestModel
from chassis.http.imports import ImportOptions, ImportPlan, Place
from services.accounts.domain import Engagement, Mode, Size, Tier
from services.accounts.importing import Field as Column

Text = Annotated[str, Field(max_length=200)]
Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2"), AfterValidator(check_country)
]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Domain = Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
Custom = Annotated[dict[Annotated[str, Field(min_length=1, max_length=50)], Text], Field(max_length=50)]


class AccountFields(RequestModel):
    """What a person may say of an account beside its name."""

    external_id: Annotated[
        str | None, Field(min_length=1, max_length=200, description="its id in another system; one account's")
    ] = None
    domain: Domain | None = None
    industry: Text | None = None
    company_size: Size | None = None
    country: Country | None = None
    territory: Text | None = None
    website: Annotated[str, Field(max_length=2000, pattern=r"^https?://\S+$")] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    description: str | None = None
    owner_id: Id | None = None
    parent_id: Id | None = None
    esg_engagement: Engagement | None = None
    esg_score: Annotated[int, Field(ge=0, le=100)] | None = None


class NewAccount(AccountFields):
    """An account as a person opens it."""

    name: Name
    tier: Tier = "standard"
    custom: Custom = Field(default_factory=dict)


class AccountChange(AccountFields):
    """The fields that are to change; those not named stay."""

    name: Name = ""
    tier: Tier = "standard"
    custom: Custom = Field(default_factory=dict)


class AccountRow(AccountFields):
    """An account as a row of a file describes it: new, or one that is there already."""

    name: Name | None = None
    tier: Tier | None = None


class AccountImportPlan(ImportPlan):
    """How a file is to become accounts; what is left out stays as it was, or is found out."""

    mapping: Annotated[
        dict[Place, Column] | None,
        Field(description="place of a column, from 0, to the field that it means"),
    ] = None
    duplicates: Annotated[
        Mode | None,
        Field(description="there already: the same external id, else name or domain; left out: skip"),
    ] = None
    owner_id: Annotated[
        Id | None,
        Field(description="whose new accounts are where a row says nothing; left out: the caller's"),
    ] = None


class AccountImportOptions(AccountImportPlan, ImportOptions):
    """How a file is read, and whether its rows become accounts at once or wait for a start."""


class ContactFields(RequestModel):
    """What a person may say of a contact."""

    first_name: Text | None = None
    last_name: Text | None = None
    job_title: Text | None = None
    email: Annotated[str, Field(max_length=320), AfterValidator(check_email)] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    primary: bool = False


class NewContact(ContactFields):
    """A contact as a person enters it; the first one of an account is primary in any case."""


class ContactChange(ContactFields):
    """The fields that are to change; those not named stay."""


class Membership(RequestModel):
    """What a colleague does for the account."""

    role: Literal[
        "account_manager", "sales", "customer_success", "technical", "executive_sponsor", "support", "other"
    ]
