"""Routes of what deals come to: board, forecast, its accuracy, results."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlalchemy import RowMapping

from chassis.http import Day, Id, Problem, Router, ScopeDep, Timestamp, Transaction
from services.opportunities import commands, queries
from services.opportunities.api.bodies import Key
from services.opportunities.api.report_views import (
    AccuracyView,
    BoardView,
    ColumnView,
    CountView,
    ForecastLineView,
    ForecastView,
    PerformanceView,
    ResultView,
    TimeInStageView,
    TotalView,
    VerdictView,
)
from services.opportunities.domain import DealType, Stage
from services.opportunities.domain.forecast import following, month_of, months, velocity, win_rate
from services.opportunities.queries import Closed, Results, Span, Wanted

router = Router(prefix="/api/opportunities", tags=["reports"])
MOST_MONTHS = 24
"""Of one answer; each month of the accuracy is two replays."""
MONTHS_AHEAD = 5

Month = Annotated[str, Field(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", examples=["2026-03"])]


@router.get("/board")
def show_board(
    uow: Transaction,
    scope: ScopeDep,
    pipeline: Annotated[Key, Query()] = "default",
    owner_id: Annotated[Id | None, Query()] = None,
    account_id: Annotated[Id | None, Query()] = None,
    type: Annotated[DealType | None, Query()] = None,
    close_from: Annotated[Day | None, Query()] = None,
    close_to: Annotated[Day | None, Query()] = None,
) -> BoardView:
    """Count, sum and weighted sum per stage and currency (F62)."""
    stages = commands.find_pipeline(uow, pipeline).stages
    wanted = Wanted(
        pipeline,
        type=type,
        owner_id=owner_id,
        account_id=account_id,
        close_from=close_from,
        close_to=close_to,
    )
    rows = queries.totals(uow, scope, wanted)
    return BoardView(pipeline=pipeline, columns=[_column(stage, rows) for stage in stages])


@router.get("/forecast")
def show_forecast(
    uow: Transaction,
    scope: ScopeDep,
    from_month: Annotated[Month | None, Query()] = None,
    to_month: Annotated[Month | None, Query()] = None,
    at: Annotated[Timestamp | None, Query()] = None,
    pipeline: Annotated[Key | None, Query()] = None,
    owner_id: Annotated[Id | None, Query()] = None,
) -> ForecastView:
    """What each month is expected to bring; with `at` as it was expected then (F65)."""
    first = _month(from_month) or month_of(uow.now.date())
    last = _month(to_month) or months_on(first, MONTHS_AHEAD)
    then = min(at or uow.now, uow.now)
    lines = queries.forecast_at(uow, scope, _span(first, last, pipeline, owner_id), then)
    items = [
        ForecastLineView.model_validate({**slot._asdict(), **vars(line), "expected": line.expected})
        for slot, line in sorted(lines.items(), key=lambda item: tuple(map(str, item[0])))
    ]
    return ForecastView(at=then, items=items)


@router.get("/forecast/accuracy")
def show_accuracy(
    uow: Transaction,
    scope: ScopeDep,
    from_month: Annotated[Month, Query()],
    to_month: Annotated[Month | None, Query()] = None,
    pipeline: Annotated[Key | None, Query()] = None,
    owner_id: Annotated[Id | None, Query()] = None,
) -> AccuracyView:
    """Each month as it was expected at its beginning, against what was won in it."""
    first = date.fromisoformat(f"{from_month}-01")
    span = _span(first, _month(to_month) or first, pipeline, owner_id)
    return AccuracyView(
        items=[VerdictView.model_validate(found) for found in queries.verdicts(uow, scope, span)]
    )


@router.get("/performance")
def show_performance(
    uow: Transaction,
    scope: ScopeDep,
    closed_from: Annotated[Day, Query()],
    closed_to: Annotated[Day, Query()],
    pipeline: Annotated[Key | None, Query()] = None,
    owner_id: Annotated[Id | None, Query()] = None,
) -> PerformanceView:
    """Win rate, reasons, competitors, cycle, velocity and times in stages (F63, F64)."""
    found = queries.results(uow, scope, Closed(closed_from, closed_to, pipeline, owner_id))
    won, lost = found.outcomes.get("won", 0), found.outcomes.get("lost", 0)
    return PerformanceView(
        won=won,
        lost=lost,
        win_rate=win_rate(won, lost),
        mean_cycle_seconds=found.mean_cycle,
        amounts=_amounts(found),
        lost_reasons=[CountView.model_validate(row) for row in found.reasons],
        competitors=[CountView.model_validate(row) for row in found.competitors],
        stages=[TimeInStageView.model_validate(row) for row in found.stages],
    )


def _column(stage: Stage, rows: Sequence[RowMapping]) -> ColumnView:
    found = [TotalView.model_validate(row) for row in rows if row["stage"] == stage.key]
    return ColumnView(
        stage=stage.key,
        label=stage.label,
        outcome=stage.outcome,
        probability=stage.probability,
        count=sum(total.count for total in found),
        totals=found,
    )


def _amounts(found: Results) -> list[ResultView]:
    sums: dict[str, dict[str, int]] = {}
    for row in found.amounts:
        sums.setdefault(row["currency"], {})[row["outcome"]] = int(row["minor"])
    return [
        ResultView(
            currency=currency,
            won=(won := by.get("won", 0)),
            lost=by.get("lost", 0),
            velocity=None if found.mean_cycle is None else velocity(won, found.mean_cycle),
        )
        for currency, by in sums.items()
    ]


def _month(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(f"{text}-01")


def months_on(month: date, number: int) -> date:
    """The month so many months later."""
    for _ in range(number):
        month = following(month)
    return month


def _span(first: date, last: date, pipeline: str | None, owner_id: Id | None) -> Span:
    """Raises Problem 400 for months that do not follow each other, or too many."""
    if not first <= last or len(months(first, last)) > MOST_MONTHS:
        fault = {"pointer": "query:to_month", "detail": f"must be 0 to {MOST_MONTHS - 1} months later"}
        raise Problem(400, detail="The months make no span.", errors=[fault])
    return Span(first, last, pipeline, owner_id)
