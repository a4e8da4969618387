"""The steps of a conversion, as transitions."""

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

State = Literal["account_wanted", "opportunity_wanted", "done", "failed"]
Path = Literal["A", "B"]
OVER: frozenset[State] = frozenset({"done", "failed"})


@dataclass(frozen=True)
class Conversion:
    """Where a conversion stands. The ids of what it makes are known from the beginning."""

    id: UUID
    lead_id: UUID
    path: Path
    state: State
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID | None
    """None where no opportunity is wanted."""
    account_owner_id: UUID | None = None
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Account:
    """What accounts answered: the account, and which contact the lead became."""

    id: UUID
    name: str
    contact_id: UUID
    owner_id: UUID | None


@dataclass(frozen=True)
class Refusal:
    """Why a service did not do its step."""

    code: str
    reason: str


@dataclass(frozen=True)
class Started:
    """Accounts is to open or link account and contact."""


@dataclass(frozen=True)
class OpportunityWanted:
    """Opportunities is to open or link the opportunity, under this account."""

    account: Account


@dataclass(frozen=True)
class Converted:
    """The lead is converted, wholly."""


@dataclass(frozen=True)
class Failed:
    """Whoever did a step takes it back."""


Told = Started | OpportunityWanted | Converted | Failed
Moved = tuple[Conversion, list[Told]]


def started(conversion: Conversion) -> Moved:
    """A conversion begins with the account."""
    return conversion, [Started()]


def account_ready(conversion: Conversion, account: Account) -> Moved:
    """Account and contact are there: on to the opportunity, or to the end where none is wanted."""
    if conversion.state != "account_wanted":
        return conversion, []
    known = replace(conversion, contact_id=account.contact_id, account_owner_id=account.owner_id)
    if conversion.opportunity_id is None:
        return replace(known, state="done"), [Converted()]
    return replace(known, state="opportunity_wanted"), [OpportunityWanted(account)]


def opportunity_ready(conversion: Conversion) -> Moved:
    """The opportunity is there: the lead is converted."""
    if conversion.state != "opportunity_wanted":
        return conversion, []
    return replace(conversion, state="done"), [Converted()]


def refused(conversion: Conversion, step: State, refusal: Refusal) -> Moved:
    """A service refused the step that it was asked for: the steps before it are taken back."""
    if conversion.state != step:
        return conversion, []
    return _failed(conversion, refusal)


def cancelled(conversion: Conversion, reason: str) -> Moved:
    """A person gives up a conversion that does not come to its end; one that has is left as it is."""
    return (conversion, []) if conversion.state in OVER else _failed(conversion, Refusal("cancelled", reason))


def _failed(conversion: Conversion, refusal: Refusal) -> Moved:
    return replace(conversion, state="failed", code=refusal.code, reason=refusal.reason), [Failed()]
