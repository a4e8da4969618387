"""Things that are wrong, or will be at a time unless they end before: one alert each (F43, F55, F66, F85).

A concern is known by its kind; its alert by the event that began it. It begins and ends with its subject's
own facts; what is due later is raised by the tick.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

Concerns = tuple["Concern", ...]
SEVERITY = {
    "unassigned_lead": "warning",
    "sla_breach": "warning",
    "upsell_lead": "info",
    "at_risk_account": "warning",
    "stale_deal": "info",
}


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that is, or will be, wrong; times are milliseconds UTC."""

    kind: str
    cause: str
    due: int
    raised: bool = False


def begun(concerns: Concerns, concern: Concern) -> Concerns:
    """With the concern, unless one of its kind is there: a cause that lasts is one alert."""
    known = any(one.kind == concern.kind for one in concerns)
    return concerns if known else (*concerns, concern)


def ended(concerns: Concerns, kinds: Iterable[str]) -> tuple[Concerns, list[Concern]]:
    """Without those of some kinds, and which of these had been raised."""
    over = frozenset(kinds)
    gone = [one for one in concerns if one.kind in over and one.raised]
    return tuple(one for one in concerns if one.kind not in over), gone


def next_due(concerns: Concerns) -> int | None:
    """When the next one is to be raised; None where all are."""
    return min((one.due for one in concerns if not one.raised), default=None)


def fired(concerns: Concerns, now: int) -> tuple[Concerns, list[Concern]]:
    """With what is due by now raised, and which these are, in the order of their time."""
    due = sorted((one for one in concerns if not one.raised and one.due <= now), key=lambda one: one.due)
    return tuple(replace(one, raised=True) if one in due else one for one in concerns), due
