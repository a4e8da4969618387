"""The forecast as it was at any moment, replayed from the history (F65)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, case, cast, select
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from services.opportunities.domain.forecast import (
    Deal,
    Line,
    Slot,
    accuracy,
    begin_of,
    following,
    forecast,
    month_of,
    months,
)
from services.opportunities.models import Change, Opportunity
from services.opportunities.queries.opportunities import visible


@dataclass(frozen=True)
class Span:
    """Months, and what the forecast is narrowed to; None takes all."""

    first: date
    last: date
    pipeline: str | None = None
    owner_id: UUID | None = None

    @property
    def months(self) -> list[date]:
        """First days of its months."""
        return months(self.first, self.last)


class Verdict(NamedTuple):
    """What was expected of a month and what came of it."""

    month: date
    currency: str
    snapshot_at: datetime
    expected: int
    won: int
    accuracy: int | None


def forecast_at(uow: UnitOfWork, scope: Scope, span: Span, at: datetime) -> dict[Slot, Line]:
    """What was expected at a moment, by the deals with an amount as they stood then."""
    return forecast(_deals(uow, scope, span, at))


def verdicts(uow: UnitOfWork, scope: Scope, span: Span) -> Iterator[Verdict]:
    """Each month as it was expected at its beginning, against what was won until its end, or until now."""
    for month in span.months:
        begin, end = begin_of(month), begin_of(following(month))
        of_month = Span(month, month, span.pipeline, span.owner_id)
        expected = _by_currency(forecast_at(uow, scope, of_month, begin), "expected")
        won = _by_currency(forecast_at(uow, scope, of_month, min(end, uow.now)), "won")
        for currency in sorted(expected.keys() | won.keys()):
            both = expected.get(currency, 0), won.get(currency, 0)
            yield Verdict(month, currency, begin, *both, accuracy(*both))


def _by_currency(lines: dict[Slot, Line], what: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for slot, line in lines.items():
        sums[slot.currency] = sums.get(slot.currency, 0) + getattr(line, what)
    return {currency: total for currency, total in sums.items() if total}


def _deals(uow: UnitOfWork, scope: Scope, span: Span, at: datetime) -> Iterator[Deal]:
    """Deals of the span as their last change before the moment left them."""
    newest = (
        select(Change)
        .where(Change.tenant_id == uow.tenant, Change.at <= at)
        .ext(distinct_on(Change.opportunity_id))
        .order_by(Change.opportunity_id, Change.version.desc())
        .subquery()
    )
    then = newest.c
    counts_on = case((then.outcome == "won", cast(then.closed_at, Date)), else_=then.close_date)
    names = ("outcome", "probability", "amount_minor", "currency", "pipeline", "owner_id")
    found = (
        select(counts_on.label("counts_on"), *(then[name] for name in names))
        .join(
            Opportunity, (Opportunity.tenant_id == then.tenant_id) & (Opportunity.id == then.opportunity_id)
        )
        .where(visible(uow, scope), then.outcome.in_(("open", "won")), then.currency.is_not(None))
        .where(counts_on >= span.first, counts_on < following(span.last), *_narrowed(span, then))
    )
    return map(_deal, uow.session.execute(found))


def _narrowed(span: Span, then: Any) -> Iterator[ColumnElement[bool]]:
    if span.pipeline is not None:
        yield then.pipeline == span.pipeline
    if span.owner_id is not None:
        yield then.owner_id == span.owner_id


def _deal(row: Row[Any]) -> Deal:
    slot = Slot(month_of(row.counts_on), row.currency, row.pipeline, row.owner_id)
    return Deal(slot, row.outcome, row.probability, row.amount_minor)
