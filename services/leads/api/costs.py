"""Routes of what leads cost: entered by marketing, set against what the sources brought (F7)."""

from typing import Annotated

from fastapi import Response
from pydantic import Field

from chassis.http import RequestModel, RequiredIfMatch, Router, Transaction, View, etag, require
from chassis.http.money import AmountBody
from services.leads import commands, queries
from services.leads.domain import Labels, Return, Spent, returns

router = Router(prefix="/api/leads/costs", tags=["costs"])
MARKETING = [require("marketing", "admin")]
Month = Annotated[str, Field(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", description="YYYY-MM")]


class CostBody(RequestModel):
    """What was spent on a source in a month."""

    source: Annotated[str, Field(min_length=1, max_length=200)]
    month: Month
    amount: AmountBody


class CostsBody(RequestModel):
    """All that was spent; one entry for each source, month and currency."""

    costs: Annotated[list[CostBody], Field(max_length=5_000)]


class AmountView(View):
    """An amount in minor units of its currency."""

    minor: int
    currency: str


class ReturnView(View):
    """What a source cost and brought; amounts are null where nothing was spent, or nothing came of it."""

    source: str
    source_label: str
    month: str | None
    leads: int
    qualified: int
    converted: int
    spent: AmountView | None
    per_lead: AmountView | None
    per_qualified: AmountView | None
    per_customer: AmountView | None


class CostsView(View):
    """The return of every source: over all, and month by month."""

    sources: list[ReturnView]
    months: list[ReturnView]


@router.get("")
def get_costs(uow: Transaction, answer: Response) -> CostsView:
    """Cost per lead, per qualified lead and per customer, by source."""
    spent, version = commands.read_costs(uow)
    answer.headers["ETag"] = etag(version)
    return _view(uow, spent)


@router.put("", dependencies=MARKETING)
def put_costs(body: CostsBody, uow: Transaction, seen: RequiredIfMatch, answer: Response) -> CostsView:
    """Replaces what is known of the spending."""
    entered = [Spent(c.source, c.month, c.amount.minor, c.amount.currency) for c in body.costs]
    spent, version = commands.store_costs(uow, entered, seen.check)
    answer.headers["ETag"] = etag(version)
    return _view(uow, spent)


def _view(uow: Transaction, spent: list[Spent]) -> CostsView:
    labels, won = commands.labels_of(uow), queries.leads_won(uow)
    over_all, monthly = (returns(spent, won, by_month=by_month) for by_month in (False, True))
    return CostsView(
        sources=[_return(line, labels) for line in over_all],
        months=[_return(line, labels) for line in monthly],
    )


def _return(line: Return, labels: Labels) -> ReturnView:
    def amount(minor: int | None) -> AmountView | None:
        known = minor is not None and line.currency is not None
        return AmountView(minor=minor, currency=line.currency) if known else None  # type: ignore[arg-type]

    return ReturnView(
        source=line.source,
        source_label=labels.label("sources", line.source),
        month=line.month,
        leads=line.leads,
        qualified=line.qualified,
        converted=line.converted,
        spent=amount(line.minor),
        per_lead=amount(line.per_lead),
        per_qualified=amount(line.per_qualified),
        per_customer=amount(line.per_customer),
    )
