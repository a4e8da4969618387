"""Line items (F60): optional; where there are any, their sum is the amount."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.opportunities.domain.errors import InvalidMoney
from services.opportunities.domain.money import Money, percent_of


@dataclass(frozen=True)
class Line:
    """So many pieces of something at a price, less a discount in percent."""

    title: str
    quantity: int
    unit_price: Money
    discount_percent: int = 0

    @property
    def minor(self) -> int:
        """What the line comes to; the discount is taken off the whole line, half a minor unit rounded up."""
        return percent_of(self.quantity * self.unit_price.minor, 100 - self.discount_percent)


def sum_of(lines: Sequence[Line]) -> Money:
    """What the lines come to. Raises InvalidMoney where their currencies differ or it is too much."""
    currencies = {line.unit_price.currency for line in lines}
    if len(currencies) != 1:
        raise InvalidMoney("All lines of a deal have one currency.")
    return Money(sum(line.minor for line in lines), currencies.pop())


def worth(amount: Money | None, lines: Sequence[Line]) -> Money | None:
    """The amount of a deal: what its lines come to, else what is said. Raises InvalidMoney.

    An amount that is said beside lines must be their sum.
    """
    if not lines:
        return amount
    total = sum_of(lines)
    if amount not in (None, total):
        raise InvalidMoney(f"The lines come to {total.minor} {total.currency}: leave the amount to them.")
    return total
