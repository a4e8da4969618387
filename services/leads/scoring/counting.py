"""Counting events within the limits of their rules (F14), and the trail of one lead's events.

The hot loop: plain lists and tuples, whole numbers only. A lead's events are always given in order.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.leads.scoring.decay import decayed
from services.leads.scoring.evidence import (
    ALREADY_COUNTED,
    COOL_DOWN,
    DAILY_LIMIT,
    EXPIRED,
    RETRACTED,
    TOTAL_LIMIT,
    Contribution,
)
from services.leads.scoring.rules import ADJUSTMENT, DAY, ENGAGEMENT, Counted, RuleSet


class Event(NamedTuple):
    """An engagement, or (kind None) an adjustment of `points`, as the trail keeps it."""

    at: int
    id: str
    kind: str | None
    once_key: int | None
    points: int


class Limit:
    """How much of a rule's limits a lead's counted events have used up."""

    __slots__ = ("count", "day", "last", "seen", "total")

    def __init__(self, day: int, count: int, total: int, last: int | None, seen: Iterable[int]) -> None:
        self.day = day
        self.count = count
        self.total = total
        self.last = last
        self.seen = set(seen)

    def plain(self) -> tuple[int, int, int, int | None, tuple[int, ...]]:
        """Its values in the order of the constructor."""
        return self.day, self.count, self.total, self.last, tuple(sorted(self.seen))


Limits = dict[str, Limit]
Plain = tuple[int, int, int, int | None, tuple[int, ...]]


def thawed(frozen: Mapping[str, Plain]) -> Limits:
    """Limits that can be used up, from their plain values."""
    return {key: Limit(*plain) for key, plain in frozen.items()}


def refusal(rule: Counted, event: Event, limits: Limits) -> str | None:
    """Uses up the rule's limits by the event; the reason where one keeps it from counting (F13, F14)."""
    key, _, _, _, once_per_key, max_per_day, max_total, cool_down, _, _, _ = rule
    at, _, _, once, _ = event
    day = at // DAY
    limit = limits.get(key)
    if limit is None:
        limit = limits[key] = Limit(day, 0, 0, None, ())
    if not once_per_key:
        once = None
    elif once is not None and once in limit.seen:
        return ALREADY_COUNTED
    if limit.day != day:
        limit.day, limit.count = day, 0
    if max_per_day is not None and limit.count >= max_per_day:
        return DAILY_LIMIT
    if max_total is not None and limit.total >= max_total:
        return TOTAL_LIMIT
    if cool_down is not None and limit.last is not None and at - limit.last < cool_down:
        return COOL_DOWN
    if once is not None:
        limit.seen.add(once)
    limit.count += 1
    limit.total += 1
    limit.last = at
    return None


Given = tuple[Contribution, int | None]

new = tuple.__new__
"""Makes a named tuple in a third of the time of its constructor: `new(Event, (at, id, ...))`."""


def contribution(rule: Counted, event: Event, reason: str | None, now: int) -> Given:
    """What an event gives by a rule at `now`, and when that changes by itself."""
    key, version, category, points, _, _, _, _, half_life, expiry, decays = rule
    at, id, _, _, _ = event
    change = None
    if reason is not None:
        points = 0
    elif decays:
        left, age = decayed(points, now - at, half_life, expiry)
        change = None if age is None else at + age
        reason = EXPIRED if left == 0 and points else None
        points = left
    return new(Contribution, (key, version, category, id, at, points, reason)), change


def given(event: Event, rules: RuleSet, limits: Limits, now: int) -> list[Given]:
    """What one event gives by all rules at `now`, the events before it counted already."""
    kind = event[2]
    if kind is None:
        line = (ADJUSTMENT, 0, ENGAGEMENT, event[1], event[0], event[4], None)
        return [(new(Contribution, line), None)]
    lines = []
    for rule in rules.by_kind.get(kind, ()):
        lines.append(contribution(rule, event, refusal(rule, event, limits), now))
    return lines


def taken_back(event: Event, rules: RuleSet) -> list[Given]:
    """What a retracted event gives: nothing, by name."""
    return [
        (line._replace(points=0, reason=RETRACTED), None) for line, _ in given(event, rules, {}, event[0])
    ]


class Tally:
    """Contributions of a walk through the events, their sums, and the first moment that changes them."""

    __slots__ = ("change", "contributions", "engagement", "fit")

    def __init__(self) -> None:
        self.contributions: list[Contribution] = []
        self.fit = 0
        self.engagement = 0
        self.change: int | None = None

    def add(self, contribution: Contribution, change: int | None) -> None:
        """Takes a contribution in."""
        self.contributions.append(contribution)
        if contribution[2] == ENGAGEMENT:
            self.engagement += contribution[5]
        else:
            self.fit += contribution[5]
        if change is not None and (self.change is None or change < self.change):
            self.change = change

    def count(
        self, event: Event, rules: RuleSet, limits: Limits, now: int, retracted: Mapping[str, int]
    ) -> None:
        """Takes the contributions of one event in, the events before it counted already."""
        gone = bool(retracted) and event[1] in retracted
        for one in taken_back(event, rules) if gone else given(event, rules, limits, now):
            self.add(*one)


class Trail:
    """A lead's events in order, grown at the end by the newest state, and what counting them left behind.

    States are values that share a trail: each knows how many of its events it has. A state that finds
    more in it than its own (a step was taken back) or other rules makes itself a new trail.
    """

    __slots__ = ("events", "ids", "limits", "version")

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.ids: set[str] = set()
        self.limits: Limits = {}
        self.version = 0
        """Rule set that the limits are counted by; 0 while nothing is counted."""
