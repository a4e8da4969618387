"""Stays in a status and their timers: stagnation and overdue conversion (F89, F90, B7).

Timers belong to the lead's own events and to the tick; a score never fires them, because it may be read
before a change of status that came earlier.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.notifications.alerting.facts import DAY, OPEN

STAGNATION = 7 * DAY + 1
"""More than seven days: the first millisecond after them."""
OVERDUE = 14 * DAY + 1
ESCALATION = 7 * DAY


OVER = -1
"""The alert was raised and is resolved: a lead that leaves the archive does not raise it again."""


@dataclass(frozen=True, slots=True)
class Stay:
    """The lead is in this status since `since` by the event `event_id`; its alerts and how far they went."""

    status: str
    event_id: str
    since: int
    stagnation: int = 0
    """0 not yet, 1 raised."""
    overdue: int = 0
    """0 not yet, 1 raised, 2 escalated once, ..."""


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens at `due` unless the stay ends before: the kind, and the level that it reaches."""

    due: int
    kind: str
    level: int = 0


def _timers(stay: Stay) -> Iterator[Timer]:
    if stay.status in OPEN and stay.stagnation == 0:
        yield Timer(stay.since + STAGNATION, "stagnation")
    if stay.status == "qualified" and stay.overdue >= 0:
        yield Timer(stay.since + OVERDUE + stay.overdue * ESCALATION, "conversion_overdue", stay.overdue)


def next_timer(stay: Stay) -> Timer | None:
    """The timer of the stay that is due first."""
    return min(_timers(stay), key=lambda timer: timer.due, default=None)


def fired(stay: Stay, timer: Timer) -> Stay:
    """The stay after its timer fired."""
    if timer.kind == "stagnation":
        return replace(stay, stagnation=1)
    return replace(stay, overdue=timer.level + 1)


def raised_kinds(stay: Stay) -> list[str]:
    """Kinds of alert that this stay has raised and not yet resolved."""
    levels = [("stagnation", stay.stagnation), ("conversion_overdue", stay.overdue)]
    return [kind for kind, level in levels if level > 0]


def ended(stay: Stay) -> Stay:
    """The stay with the alerts that it raised resolved."""
    stagnation = OVER if stay.stagnation > 0 else stay.stagnation
    return replace(stay, stagnation=stagnation, overdue=OVER if stay.overdue > 0 else stay.overdue)
