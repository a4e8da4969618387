"""A colleague as assignment sees them."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

FULL: Final = 500
"""Open leads that count as full work for somebody without a capacity; more are not told apart."""


@dataclass(frozen=True)
class Person:
    """Who they are, when they are there, what they have to do."""

    id: UUID
    roles: frozenset[str] = frozenset({"rep"})
    team: str | None = None
    territories: frozenset[str] = frozenset()
    accounts: frozenset[UUID] = frozenset()
    """Accounts that they manage."""
    active: bool = True
    capacity: int | None = None
    absent_from: datetime | None = None
    absent_until: datetime | None = None
    open: int = 0
    """Open leads that they own."""
    last_turn: int = 0
    """When a rule last gave them a lead, as a number that rises with every lead given; 0: never."""

    def there(self, at: datetime) -> bool:
        """Whether they work here and are not away at that time."""
        if self.absent_from is None and self.absent_until is None:
            return self.active
        begun = self.absent_from is None or self.absent_from <= at
        over = self.absent_until is not None and self.absent_until <= at
        return self.active and (over or not begun)

    @property
    def has_room(self) -> bool:
        """Whether another lead is within their capacity."""
        return self.capacity is None or self.open < self.capacity

    @property
    def load(self) -> Fraction:
        """Open work for the capacity."""
        return Fraction(self.open, self.capacity or FULL)
