"""How healthy an account is, and whether it is at risk: a fold of what is known of it at a time (F54, F55).

The same set of facts gives the same health in whatever order, however often and in whatever portions they
come. The health starts at 50 and goes from contribution to contribution in the order of their times; what
would lead out of 0..100 is cut off where it happens, so that 50 and the points always add up to the health,
and `rule_points` shows what the rule would have given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, NamedTuple

Rule = Literal["opportunity_opened", "upsell_qualified", "deal_won", "deal_lost", "quiet"]
Kind = Rule | Literal["new_lead", "sign"]
Reason = Literal["low_health", "no_new_lead"]

START_HEALTH: Final = 50
POINTS: Final[dict[str, int]] = {
    "opportunity_opened": 5,
    "upsell_qualified": 10,
    "deal_won": 10,
    "deal_lost": -10,
    "quiet": -1,
}
WEEK: Final = timedelta(days=7)
UPSELL_SOURCES: Final = frozenset({"upsell", "cross_sell", "renewal"})


class Fact(NamedTuple):
    """Something that happened with an account. One with the same kind and cause is the same fact."""

    kind: Kind
    """A rule that it falls under; new_lead and sign only end a silence."""
    cause: str
    at: datetime


class Contribution(NamedTuple):
    """What moved the health: `points` is what counted, `rule_points` what the rule gives."""

    rule: Rule
    cause: str
    at: datetime
    points: int
    rule_points: int


@dataclass(frozen=True)
class Limits:
    """What a tenant may set."""

    risk_below: int = 40
    quiet_after: timedelta = timedelta(days=45)
    silent_after: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Risk:
    """Why an account is at risk, and since when."""

    reason: Reason
    since: datetime


@dataclass(frozen=True)
class Health:
    """How an account is at a time."""

    value: int
    contributions: tuple[Contribution, ...]
    risk: Risk | None
    next_change_at: datetime | None
    """When it changes by itself, if nothing happens until then."""


DEFAULT_LIMITS: Final = Limits()


def fold(opened_at: datetime, facts: Iterable[Fact], at: datetime, limits: Limits = DEFAULT_LIMITS) -> Health:
    """The health of an account that was opened at a time, as of `at`; later facts do not count yet."""
    known = _once(fact for fact in facts if fact.at <= at)
    lively = sorted({opened_at, *(fact.at for fact in known if fact.kind in ("new_lead", "sign"))})
    moved = [(f.at, f.kind, f.cause) for f in known if f.kind in POINTS]
    moved += [(week, "quiet", week.isoformat()) for week in _quiet_weeks([*lively, at], limits)]
    contributions = tuple(_clamped(sorted(moved)))
    value = START_HEALTH + sum(line.points for line in contributions)
    last_lead = max([opened_at, *(fact.at for fact in known if fact.kind == "new_lead")])
    silent_at = last_lead + limits.silent_after
    risk = _risk(value, contributions, silent_at, at, limits)
    return Health(value, contributions, risk, _next_change(value, lively[-1], silent_at, at, limits))


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Each fact once; of its tellings the earliest holds."""
    found: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        key = (fact.kind, fact.cause)
        found[key] = min(found.get(key, fact), fact)
    return list(found.values())


def _quiet_weeks(moments: list[datetime], limits: Limits) -> Iterator[datetime]:
    """The end of every whole week of silence after the first `quiet_after` of it."""
    for begin, end in pairwise(moments):
        week = begin + limits.quiet_after + WEEK
        while week <= end:
            yield week
            week += WEEK


def _clamped(moved: Iterable[tuple[datetime, str, str]]) -> Iterator[Contribution]:
    """What counted of each, in order; a quiet week that could take nothing is no contribution."""
    value = START_HEALTH
    for at, rule, cause in moved:
        after = min(100, max(0, value + POINTS[rule]))
        if after != value or rule != "quiet":
            yield Contribution(rule, cause, at, after - value, POINTS[rule])  # type: ignore[arg-type]
        value = after


def _risk(
    value: int, contributions: Iterable[Contribution], silent_at: datetime, at: datetime, limits: Limits
) -> Risk | None:
    """Low health comes first: it says more than silence."""
    if value < limits.risk_below:
        return Risk("low_health", _low_since(contributions, limits.risk_below) or at)
    return Risk("no_new_lead", silent_at) if silent_at <= at else None


def _low_since(contributions: Iterable[Contribution], below: int) -> datetime | None:
    value, since = START_HEALTH, None
    for line in contributions:
        before, value = value, value + line.points
        if value < below <= before:
            since = line.at
    return since


def _next_change(
    value: int, last_sign: datetime, silent_at: datetime, at: datetime, limits: Limits
) -> datetime | None:
    """The end of the next quiet week, as long as it can take something, or of the time without new leads."""
    first = last_sign + limits.quiet_after + WEEK
    weeks = max(0, (at - first) // WEEK + 1)
    coming = [first + weeks * WEEK] if value > 0 else []
    coming += [silent_at] if silent_at > at else []
    return min(coming, default=None)
