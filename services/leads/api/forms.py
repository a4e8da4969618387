"""Routes of web forms: what marketing makes of them, and what they sent."""

import re
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field

from chassis.http import (
    Id,
    Page,
    PagingDep,
    RequestModel,
    RequiredIfMatch,
    Router,
    Timestamp,
    Transaction,
    View,
    accepts,
    etag,
    require,
)
from services.leads import commands, queries
from services.leads.api.bodies.leads import NewLead
from services.leads.domain import CUSTOM, Channel
from services.leads.domain.custom import NAME
from services.leads.domain.forms import CONSENT, UTM
from services.leads.models import Form, FormSubmission

router = Router(prefix="/api/leads/forms", tags=["forms"])
EDITORS = [require("marketing", "admin")]
TARGETS = frozenset(NewLead.model_fields) - {"account_id", "lead_source", "utm", "consents", "custom"}


def _target(name: str) -> str:
    channel = name.removeprefix(CONSENT) if name.startswith(CONSENT) else None
    own = re.fullmatch(re.escape(CUSTOM) + NAME, name)
    if own or name in TARGETS or name.startswith(UTM) or channel in get_args(Channel):
        return name
    raise ValueError("must be a field of a lead, custom.<name>, utm_<parameter> or consent_<channel>")


FieldName = Annotated[str, Field(min_length=1, max_length=100)]
Target = Annotated[str, Field(max_length=100), AfterValidator(_target)]
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,255}$", description="scheme://host")]
PLAIN = {name: name for name in ("first_name", "last_name", "company", "email", "phone", "description")}


class FormBody(RequestModel):
    """A web form: which pages may send it, and what its fields mean."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    active: bool = True
    origins: Annotated[list[Origin], Field(max_length=50, description="none: pages of any site")] = Field(
        default_factory=list
    )
    mapping: Annotated[dict[FieldName, Target], Field(min_length=1, max_length=100)] = Field(
        default_factory=lambda: dict(PLAIN)
    )
    honeypot: Annotated[FieldName, Field(description="a field that only robots see")] | None = None
    double_opt_in: Annotated[bool, Field(description="a lead only once its address is confirmed")] = False
    redirect_url: Annotated[str, Field(pattern=r"^https?://[^\s\"'<>]+$", max_length=2000)] | None = None
    message: Annotated[str, Field(min_length=1, max_length=500)] = "Thank you."


class FormView(View):
    """A web form with its public key."""

    id: UUID
    key: str
    version: int
    created_at: Timestamp
    updated_at: Timestamp
    name: str
    active: bool
    origins: list[Any]
    mapping: dict[str, Any]
    honeypot: str | None
    double_opt_in: bool
    redirect_url: str | None
    message: str


class SubmissionView(View):
    """What a form sent, and what became of it. `sent` holds what no field of a lead is mapped to."""

    id: UUID
    received_at: Timestamp
    outcome: Literal["accepted", "awaiting", "flagged"]
    lead_id: UUID | None
    sent: dict[str, Any]
    settled_at: Timestamp | None


@router.post("", status_code=201, dependencies=EDITORS)
@accepts(idempotency_key="optional")
def open_form(body: FormBody, uow: Transaction, response: Response) -> FormView:
    """Makes a form; its key stands in the page that embeds it."""
    return _answered(commands.open_form(uow, body.model_dump()), response)


@router.get("")
def list_forms(uow: Transaction, paging: PagingDep) -> Page[FormView]:
    """The tenant's forms, the newest first."""
    rows = queries.list_forms(uow, paging.after, paging.fetch)
    return paging.page(rows, lambda row: (row.created_at, row.id), FormView.model_validate)


@router.get("/{form}")
def get_form(form: Id, uow: Transaction, response: Response) -> FormView:
    """One form."""
    return _answered(queries.get_form(uow, form), response)


@router.put("/{form}", dependencies=EDITORS)
def change_form(
    form: Id, body: FormBody, uow: Transaction, seen: RequiredIfMatch, response: Response
) -> FormView:
    """Changes a form; pages that embed it need no change."""
    return _answered(commands.change_form(uow, form, body.model_dump(), seen.check), response)


@router.get("/{form}/submissions", dependencies=EDITORS)
def list_submissions(form: Id, uow: Transaction, paging: PagingDep) -> Page[SubmissionView]:
    """What a form sent, the newest first; robots' work too."""
    queries.get_form(uow, form)
    rows: list[FormSubmission] = queries.list_submissions(uow, form, paging.after, paging.fetch)
    return paging.page(rows, lambda row: (row.received_at, row.id), SubmissionView.model_validate)


def _answered(form: Form, response: Response) -> FormView:
    response.headers["ETag"] = etag(form.version)
    return FormView.model_validate(form)
