"""What a conversion is going to do, decided before it begins."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.leads.conversion.errors import AlreadyConverted, ConversionActive, NotQualified
from services.leads.conversion.mapping import Thing
from services.leads.conversion.saga import Conversion

DealType = Literal["new_business", "upsell", "cross_sell", "renewal"]
EXPANSIONS: tuple[DealType, ...] = ("upsell", "cross_sell", "renewal")


@dataclass(frozen=True)
class Money:
    """An amount in minor units of an ISO 4217 currency."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Command:
    """What a person asks for (F44-F46); None leaves it to the rules."""

    create_opportunity: bool = True
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    """An open opportunity of the account, to link in place of a new one."""
    amount: Money | None = None
    close_date: str | None = None


@dataclass(frozen=True)
class Subject:
    """The lead, as far as a conversion asks."""

    id: UUID
    status: str
    account_id: UUID | None
    conversion_id: UUID | None
    """The conversion that is under way or has converted the lead."""


@dataclass(frozen=True)
class NewIds:
    """Ids of what the conversion makes, derived from its own: the same at every repeat."""

    conversion: UUID
    account: UUID
    contact: UUID
    opportunity: UUID


def plan(lead: Subject, command: Command, ids: NewIds) -> Conversion:
    """The conversion that the command asks for, path A without and B with an account (F44, F45).

    Raises AlreadyConverted, ConversionActive, NotQualified.
    """
    if lead.conversion_id is not None:
        over = lead.status == "converted"
        raise AlreadyConverted(lead.conversion_id) if over else ConversionActive(lead.conversion_id)
    if lead.status != "qualified":
        raise NotQualified(lead.status)
    account = command.account_id or lead.account_id
    wanted = command.create_opportunity or command.opportunity_id is not None
    return Conversion(
        id=ids.conversion,
        lead_id=lead.id,
        path="A" if account is None else "B",
        state="account_wanted",
        account_id=account or ids.account,
        contact_id=command.contact_id or ids.contact,
        opportunity_id=(command.opportunity_id or ids.opportunity) if wanted else None,
    )


def opened(conversion: Conversion, command: Command) -> set[Thing]:
    """What the conversion opens itself, as far as it is known beforehand; the rest is there already."""
    opens: dict[Thing, bool] = {
        "account": conversion.path == "A",
        "contact": command.contact_id is None,
        "opportunity": conversion.opportunity_id is not None and command.opportunity_id is None,
    }
    return {thing for thing, new in opens.items() if new}


def deal_type(path: str, source: str) -> DealType:
    """The kind of deal; with an account and a source that names none it is an upsell."""
    if path == "A":
        return "new_business"
    return next((kind for kind in EXPANSIONS if kind == source), "upsell")


def title(path: str, account: str, source_label: str) -> str:
    """What people will call the opportunity."""
    return f"Initial Opportunity - {account}" if path == "A" else f"{source_label} - {account}"
