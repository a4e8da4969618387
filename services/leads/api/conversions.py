"""Routes of conversions: begin and wait, look, cancel, and how a tenant converts (F44-F51)."""

from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from chassis.db import UnitOfWork
from chassis.http import (
    CallerDep,
    Id,
    IdempotencyKey,
    Page,
    PagingDep,
    RequestModel,
    RequiredIfMatch,
    Router,
    RuntimeDep,
    ScopeDep,
    Transaction,
    UnitsDep,
    View,
    accepts,
    etag,
    require,
)
from chassis.http.money import AmountBody, Currency, Minor
from services.leads import commands, queries
from services.leads.api.access import only_visible_at_first, only_visible_conversion
from services.leads.commands.conversions import SETTING
from services.leads.conversion import OVER, Command, ConversionRefused, Money, Settings
from services.leads.models import ConversionRow

router = Router(
    prefix="/api/leads",
    tags=["conversions"],
    guards={"lead": only_visible_at_first, "conversion": only_visible_conversion},
)
CONVERTERS = require("rep", "manager", "account_manager", "admin", "service")
ADMINS = require("admin")

PATIENCE = 3.0
"""Seconds that a call waits for the end; then it answers where to look."""
FollowOn = Literal["welcome_mail", "onboarding_task", "nps_survey", "stop_marketing"]


class NewConversion(RequestModel):
    """What to make of the lead; what is not said follows the tenant's rules."""

    create_opportunity: bool = True
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    amount: AmountBody | None = None
    close_date: date | None = None


class Cancellation(RequestModel):
    """Why a conversion is given up."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class SettingsBody(RequestModel):
    """How the tenant converts."""

    currency: Currency = "EUR"
    amounts: dict[Literal["small", "mid_market", "enterprise", "default"], Minor] = Field(
        default_factory=dict
    )
    close_days: Annotated[int, Field(ge=0, le=3650)] = 90
    follow_ons: Annotated[list[FollowOn], Field(max_length=4)] = Field(default_factory=list)
    auto_convert: bool = False
    mapping: Annotated[
        dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=80)]],
        Field(max_length=150),
    ] = Field(default_factory=dict)


class SettingsView(View):
    """How the tenant converts."""

    currency: str
    amounts: dict[str, int]
    close_days: int
    follow_ons: list[str]
    auto_convert: bool
    mapping: dict[str, str]


class ConversionView(View):
    """A conversion: what it makes, where it stands, who began it and what the lead's score was."""

    conversion_id: UUID
    lead_id: UUID
    path: Literal["A", "B"]
    state: Literal["account_wanted", "opportunity_wanted", "done", "failed"]
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID | None
    code: str | None
    reason: str | None
    score: dict[str, Any]
    unmapped: list[str]
    actor: str
    started_at: datetime
    ended_at: datetime | None


@router.post("/{lead}/convert", status_code=201, dependencies=[CONVERTERS])
@accepts(idempotency_key="own")
async def convert_lead(
    lead: Id,
    body: NewConversion,
    units: UnitsDep,
    runtime: RuntimeDep,
    caller: CallerDep,
    key: IdempotencyKey,
    response: Response,
) -> ConversionView:
    """Converts a qualified lead; 202 with its address where the end takes longer than a moment.

    The same Idempotency-Key answers with the conversion as it stands then.
    """
    assert key is not None
    id = commands.conversion_id(caller.tenant, lead, key)
    begin = partial(_begin, vault=runtime.vault, lead=lead, body=body, key=key)
    row = await units.follow(id, begin, partial(queries.get_conversion, id=id), _over, PATIENCE)
    if row.state == "failed":
        raise ConversionRefused(row.code or "", row.reason or "", row.id)
    if row.state != "done":
        response.status_code = 202
    response.headers["Location"] = f"/api/leads/conversions/{row.id}"
    return conversion_view(row)


@router.get("/conversions")
def list_conversions(
    uow: Transaction,
    scope: ScopeDep,
    paging: PagingDep,
    lead_id: Annotated[Id | None, Query()] = None,
    account_id: Annotated[Id | None, Query()] = None,
) -> Page[ConversionView]:
    """The log of conversions, the newest first (F49)."""
    after = (paging.after[0], paging.after[1]) if paging.after else None
    rows = queries.list_conversions(uow, scope, lead_id, account_id, after, paging.fetch)
    return paging.page(rows, position=lambda row: (row.started_at, row.id), view=conversion_view)


@router.get("/conversions/{conversion}")
def get_conversion(conversion: Id, uow: Transaction) -> ConversionView:
    """Where a conversion stands."""
    return conversion_view(queries.get_conversion(uow, conversion))


@router.post("/conversions/{conversion}/cancel", dependencies=[require("manager", "admin")])
@accepts(idempotency_key="optional")
def cancel_conversion(conversion: Id, body: Cancellation, uow: Transaction) -> ConversionView:
    """Gives up a conversion that does not come to its end; what it made is taken back."""
    return conversion_view(commands.cancel_conversion(uow, conversion, body.reason))


@router.get("/settings/conversion")
def get_conversion_setting(uow: Transaction, response: Response) -> SettingsView:
    """How the tenant converts."""
    value, version = commands.read_setting(uow, SETTING)
    response.headers["ETag"] = etag(version)
    return SettingsView(**asdict(Settings(**value)))


@router.put("/settings/conversion", dependencies=[ADMINS])
def put_conversion_setting(
    body: SettingsBody, uow: Transaction, seen: RequiredIfMatch, response: Response
) -> SettingsView:
    """Decides it for conversions to come, whole."""
    settings = Settings(**body.model_dump())
    response.headers["ETag"] = etag(commands.store_conversion_settings(uow, settings, seen.check))
    return SettingsView(**asdict(settings))


def conversion_view(row: ConversionRow) -> ConversionView:
    """As the API shows a conversion."""
    names = ConversionView.model_fields.keys() - {"conversion_id"}
    return ConversionView(conversion_id=row.id, **{name: getattr(row, name) for name in names})


def _begin(uow: UnitOfWork, vault: Any, lead: UUID, body: NewConversion, key: str) -> ConversionRow:
    values = body.model_dump()
    amount, close = values.pop("amount"), values.pop("close_date")
    command = Command(
        **values,
        amount=Money(**amount) if amount else None,
        close_date=close.isoformat() if close else None,
    )
    return commands.convert_lead(uow, vault, lead, command, key)


def _over(row: ConversionRow) -> bool:
    return row.state in OVER
