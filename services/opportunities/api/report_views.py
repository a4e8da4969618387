"""What people see of reports: board, forecast, accuracy, results. Amounts are minor units."""

from datetime import date, datetime
from uuid import UUID

from chassis.http import View
from services.opportunities.domain import Outcome


class TotalView(View):
    """Deals of one currency; null gathers those without an amount."""

    currency: str | None
    count: int
    amount: int
    weighted: int


class ColumnView(View):
    """A column of the board with what is in it."""

    stage: str
    label: str
    outcome: Outcome
    probability: int
    count: int
    totals: list[TotalView]


class BoardView(View):
    """A pipeline's stages in their order (F62)."""

    pipeline: str
    columns: list[ColumnView]


class ForecastLineView(View):
    """A month of one currency, pipeline and owner: minor units; `expected` is won + weighted."""

    month: date
    currency: str
    pipeline: str
    owner_id: UUID | None
    count: int
    amount: int
    weighted: int
    won_count: int
    won: int
    expected: int


class ForecastView(View):
    """The forecast as it was at a moment."""

    at: datetime
    items: list[ForecastLineView]


class VerdictView(View):
    """A month as it was expected at its beginning, and what came; accuracy in percent."""

    month: date
    currency: str
    snapshot_at: datetime
    expected: int
    won: int
    accuracy: int | None


class AccuracyView(View):
    """Forecast against result, month by month."""

    items: list[VerdictView]


class ResultView(View):
    """What was won and lost in a currency; velocity in minor units for a day."""

    currency: str
    won: int
    lost: int
    velocity: int | None


class CountView(View):
    """How often something was said of lost deals."""

    what: str
    count: int


class TimeInStageView(View):
    """How long deals stayed in a stage that they left."""

    pipeline: str
    stage: str
    count: int
    mean_seconds: int


class PerformanceView(View):
    """Wins, losses and times of the deals that were closed in some days."""

    won: int
    lost: int
    win_rate: float | None
    mean_cycle_seconds: int | None
    amounts: list[ResultView]
    lost_reasons: list[CountView]
    competitors: list[CountView]
    stages: list[TimeInStageView]
