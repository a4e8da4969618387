"""Forecast by month (F65): what is expected of deals as they stood at some moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.opportunities.domain.money import weighted
from services.opportunities.domain.pipelines import Outcome

DAY = timedelta(days=1)
DAY_SECONDS = 86_400


class Slot(NamedTuple):
    """What a line of the forecast is about; `month` is its first day."""

    month: date
    currency: str
    pipeline: str
    owner_id: UUID | None


class Deal(NamedTuple):
    """A deal as it stood, in the slot that it counts in."""

    slot: Slot
    outcome: Outcome
    probability: int
    minor: int


@dataclass
class Line:
    """Open deals that are to close in a month, and those won in it; minor units."""

    count: int = 0
    amount: int = 0
    weighted: int = 0
    won_count: int = 0
    won: int = 0

    @property
    def expected(self) -> int:
        """What the month will bring as far as one knows: won already, and the weighted rest."""
        return self.won + self.weighted

    def add(self, deal: Deal) -> None:
        """Takes a deal in; a lost one counts for nothing."""
        if deal.outcome == "won":
            self.won_count, self.won = self.won_count + 1, self.won + deal.minor
        elif deal.outcome == "open":
            self.count, self.amount = self.count + 1, self.amount + deal.minor
            self.weighted += weighted(deal.minor, deal.probability)


def forecast(deals: Iterable[Deal]) -> dict[Slot, Line]:
    """The lines of the slots that any deal counts in."""
    lines: dict[Slot, Line] = {}
    for deal in deals:
        if deal.outcome != "lost":
            lines.setdefault(deal.slot, Line()).add(deal)
    return lines


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def following(month: date) -> date:
    """The first day of the next month."""
    return month_of(month + timedelta(days=31))


def begin_of(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def months(first: date, last: date) -> list[date]:
    """First days of the months of two days and between."""
    found = [month_of(first)]
    while found[-1] < month_of(last):
        found.append(following(found[-1]))
    return found


def accuracy(expected: int, won: int) -> int | None:
    """How near a forecast was, in percent: 100 less the difference as a share of the larger one.

    Cut down, so that 100 is exact; None where nothing was expected and nothing came.
    """
    larger = max(expected, won)
    if larger == 0:
        return None
    return 100 * min(expected, won) // larger


def win_rate(won: int, lost: int) -> float | None:
    """Won / (won + lost), to four decimals (F63); None where no deal was closed."""
    return round(won / (won + lost), 4) if won + lost else None


def velocity(won_minor: int, cycle_seconds: int) -> int:
    """Sales velocity (F64): minor units won for each day of the mean cycle, which is a day at least.

    It is the usual deals x win rate x mean amount / cycle, since the first three multiply to what was won.
    """
    return won_minor * DAY_SECONDS // max(cycle_seconds, DAY_SECONDS)
