"""How an account grew: what was won with it, and how much of that by expansion (F59)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

EXPANSION: Final = frozenset({"upsell", "cross_sell"})
"""Deals that make an account larger; a renewal keeps it as large as it was."""


@dataclass(frozen=True)
class Deal:
    """An opportunity of an account, as far as it is counted."""

    deal_type: str
    outcome: str
    amount_minor: int | None
    currency: str | None


@dataclass(frozen=True)
class Value:
    """What there is in one currency, in minor units."""

    currency: str
    won_minor: int
    new_business_minor: int
    expansion_minor: int
    renewal_minor: int
    open_minor: int
    expansion_percent: int | None
    """Expansion in percent of the new business, half a percent rounded up; None without new business."""


def values(deals: Iterable[Deal]) -> list[Value]:
    """The value of an account by currency, in order of the currencies; nothing is converted."""
    sums: dict[str, Counter[str]] = {}
    for deal in deals:
        if deal.amount_minor is not None and deal.currency is not None:
            sums.setdefault(deal.currency, Counter())[_kind(deal)] += deal.amount_minor
    return [_value(currency, sums[currency]) for currency in sorted(sums)]


def _kind(deal: Deal) -> str:
    if deal.outcome != "won":
        return deal.outcome
    return "expansion" if deal.deal_type in EXPANSION else deal.deal_type


def _value(currency: str, sums: Counter[str]) -> Value:
    new, more, renewed = sums["new_business"], sums["expansion"], sums["renewal"]
    percent = (more * 100 + new // 2) // new if new else None
    return Value(currency, new + more + renewed, new, more, renewed, sums["open"], percent)
