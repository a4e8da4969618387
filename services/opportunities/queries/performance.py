"""How deals were won and lost, and how long they took (F63, F64)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, cast, extract, func, select
from sqlalchemy.types import BigInteger

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from services.opportunities.domain.forecast import DAY, begin_of
from services.opportunities.models import Change, Opportunity
from services.opportunities.queries.opportunities import Wanted, narrowed, there


@dataclass(frozen=True)
class Closed:
    """Deals that were closed on these days, first and last among them."""

    first: date
    last: date
    pipeline: str | None = None
    owner_id: UUID | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL over opportunities."""
        own = narrowed(Wanted(pipeline=self.pipeline, owner_id=self.owner_id))
        return [*_within(Opportunity.closed_at, self), *own]


class Results(NamedTuple):
    """Numbers of the closed deals; times in seconds."""

    outcomes: dict[str, int]
    amounts: Sequence[RowMapping]
    """Currency, outcome, minor."""
    mean_cycle: int | None
    """From opening to winning."""
    reasons: Sequence[RowMapping]
    competitors: Sequence[RowMapping]
    stages: Sequence[RowMapping]
    """Pipeline, stage, how often left, mean time in it."""


def results(uow: UnitOfWork, scope: Scope, closed: Closed) -> Results:
    """What came of the deals that were closed in some days; a reopened deal is not closed."""
    deals = (*there(uow, scope), *closed.conditions)
    outcomes = _counts(uow, deals, Opportunity.outcome)
    lost = (*deals, Opportunity.outcome == "lost")
    return Results(
        {row["what"]: row["count"] for row in outcomes},
        _amounts(uow, deals),
        _mean_cycle(uow, deals),
        _counts(uow, (*lost, Opportunity.reason_code.is_not(None)), Opportunity.reason_code),
        _counts(uow, (*lost, Opportunity.competitor.is_not(None)), Opportunity.competitor),
        _times_in_stages(uow, scope, closed),
    )


def _within(moment: Any, closed: Closed) -> list[ColumnElement[bool]]:
    return [moment >= begin_of(closed.first), moment < begin_of(closed.last + DAY)]


def _counts(uow: UnitOfWork, deals: Sequence[ColumnElement[bool]], by: Any) -> Sequence[RowMapping]:
    found = select(by.label("what"), func.count().label("count")).where(*deals).group_by(by)
    return uow.session.execute(found.order_by(func.count().desc(), by).limit(100)).mappings().all()


def _amounts(uow: UnitOfWork, deals: Sequence[ColumnElement[bool]]) -> Sequence[RowMapping]:
    by = Opportunity.currency, Opportunity.outcome
    found = select(*by, func.sum(Opportunity.amount_minor).label("minor"))
    return (
        uow.session.execute(found.where(*deals, by[0].is_not(None)).group_by(*by).order_by(*by))
        .mappings()
        .all()
    )


def _mean_cycle(uow: UnitOfWork, deals: Sequence[ColumnElement[bool]]) -> int | None:
    seconds = extract("epoch", func.avg(Opportunity.closed_at - Opportunity.created_at))
    return uow.session.scalar(select(cast(seconds, BigInteger)).where(*deals, Opportunity.outcome == "won"))


def _times_in_stages(uow: UnitOfWork, scope: Scope, closed: Closed) -> Sequence[RowMapping]:
    """Stages that were left in these days, by deals closed or not."""
    mean = cast(func.avg(Change.seconds_in_previous), BigInteger).label("mean_seconds")
    same = (Opportunity.tenant_id == Change.tenant_id) & (Opportunity.id == Change.opportunity_id)
    own = narrowed(Wanted(pipeline=closed.pipeline, owner_id=closed.owner_id))
    found = (
        select(Change.pipeline, Change.previous.label("stage"), func.count().label("count"), mean)
        .join(Opportunity, same)
        .where(*there(uow, scope), *own, Change.kind.in_(("moved", "reopened")), *_within(Change.at, closed))
        .group_by(Change.pipeline, Change.previous)
        .order_by(Change.pipeline, Change.previous)
    )
    return uow.session.execute(found).mappings().all()
