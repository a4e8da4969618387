"""What leads cost, by source: per lead, per qualified lead, per customer (F7)."""

from collections.abc import Iterable
from dataclasses import dataclass


class TwiceEntered(ValueError):
    """One source, month and currency has one amount; `extra["errors"]` points at the second."""

    def __init__(self, index: int) -> None:
        super().__init__("There is one amount for each source, month and currency.")
        self.extra = {"errors": [{"pointer": f"#/costs/{index}", "detail": "is there twice"}]}


@dataclass(frozen=True)
class Spent:
    """What was spent on a source in a month, in minor units."""

    source: str
    month: str
    minor: int
    currency: str


@dataclass(frozen=True)
class Won:
    """What a source brought in a month: leads created then, those of them ever qualified, those converted."""

    source: str
    month: str
    leads: int
    qualified: int
    converted: int


@dataclass(frozen=True)
class Return:
    """Spending against what it brought; each cost in minor units, None where it brought none.

    A source without spending has no currency; one with spending in two has a line for each.
    """

    source: str
    month: str | None
    leads: int
    qualified: int
    converted: int
    minor: int
    currency: str | None

    @property
    def per_lead(self) -> int | None:
        """Cost per lead."""
        return each(self.minor, self.leads)

    @property
    def per_qualified(self) -> int | None:
        """Cost per lead that was ever qualified."""
        return each(self.minor, self.qualified)

    @property
    def per_customer(self) -> int | None:
        """Customer acquisition cost: per converted lead."""
        return each(self.minor, self.converted)


def check_once(spent: Iterable[Spent]) -> None:
    """Raises TwiceEntered."""
    seen: set[tuple[str, str, str]] = set()
    for index, one in enumerate(spent):
        key = (one.source, one.month, one.currency)
        if key in seen:
            raise TwiceEntered(index)
        seen.add(key)


def each(minor: int, number: int) -> int | None:
    """The share of each of a number, half a minor unit rounded up; None for none."""
    return (2 * minor + number) // (2 * number) if number else None


def returns(spent: Iterable[Spent], won: Iterable[Won], *, by_month: bool) -> list[Return]:
    """What every source cost and brought, in each month or over all."""
    brought: dict[tuple[str, str | None], list[int]] = {}
    for one in won:
        sums = brought.setdefault((one.source, one.month if by_month else None), [0, 0, 0])
        for index, number in enumerate((one.leads, one.qualified, one.converted)):
            sums[index] += number
    paid: dict[tuple[str, str | None], dict[str, int]] = {}
    for cost in spent:
        in_currency = paid.setdefault((cost.source, cost.month if by_month else None), {})
        in_currency[cost.currency] = in_currency.get(cost.currency, 0) + cost.minor
    lines = []
    for key in sorted({*brought, *paid}, key=lambda key: (key[0], key[1] or "")):
        leads, qualified, converted = brought.get(key, [0, 0, 0])
        amounts: list[tuple[str | None, int]] = [*sorted(paid.get(key, {}).items())] or [(None, 0)]
        for currency, minor in amounts:
            lines.append(Return(*key, leads, qualified, converted, minor, currency))
    return lines
