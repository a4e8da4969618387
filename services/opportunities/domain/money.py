"""Money is integer minor units of a currency; nothing here knows fractions.

Which currencies there are is asked where money comes in: one that goes out of use stays readable.
"""

from dataclasses import dataclass
from typing import Final

from services.opportunities.domain.errors import InvalidMoney

LARGEST: Final = 10**15
"""Minor units; far beyond any deal, and well within what JSON readers and columns keep exactly."""


@dataclass(frozen=True)
class Money:
    """An amount of a currency. Raises InvalidMoney where it cannot be."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not 0 <= self.minor <= LARGEST:
            raise InvalidMoney(f"An amount is 0 to {LARGEST} minor units.")


def percent_of(minor: int, percent: int) -> int:
    """So many percent of an amount, in whole minor units; half a unit is rounded up."""
    return (minor * percent + 50) // 100


def weighted(minor: int, probability: int) -> int:
    """Weighted value (F61): amount x probability / 100, half a minor unit rounded up.

    Each deal is rounded by itself, so that totals are sums of what is shown of the deals.
    """
    return percent_of(minor, probability)


def score_factor(score: int) -> int:
    """The factor of a lead's shown score, in percent: 80 for 0, 100 for 50, 120 for 100; linear, half up.

    Shown beside the weighted value and never part of it (F61).
    """
    return 80 + percent_of(score, 40)
