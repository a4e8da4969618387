"""What lies beyond the horizon: sealed contributions, one a rule, so that states are bounded."""

from collections.abc import Mapping
from typing import NamedTuple

from services.leads.scoring.counting import Event, Plain, Tally, thawed
from services.leads.scoring.decay import decayed
from services.leads.scoring.evidence import EXPIRED, Contribution
from services.leads.scoring.rules import DAY, RuleSet


class Sealed(NamedTuple):
    """The counted events of a rule as one: what they gave before decay, and the last of them."""

    rule: str
    rule_version: int
    category: str
    event_id: str
    at: int
    points: int
    half_life: int | None
    expiry: int | None


class Base(NamedTuple):
    """Everything up to `until`, sealed: limits as used up by then and one contribution for each rule.

    Where a rule decays there is one for each day of events, so that they go by in time.
    """

    until: tuple[int, str]
    limits: Mapping[str, Plain]
    sealed: tuple[Sealed, ...]


NOTHING = Base((-(2**62), ""), {}, ())


def overdue(events: list[Event], now: int, rules: RuleSet) -> int:
    """How many of the oldest events are to be sealed; an eighth more than needed when there are too many."""
    excess = len(events) - rules.max_events
    first = excess + rules.max_events // 8 if excess > 0 else 0
    oldest = now - rules.horizon
    while first < len(events) and events[first][0] < oldest:
        first += 1
    return first


def seal(base: Base, events: list[Event], rules: RuleSet, retracted: Mapping[str, int]) -> Base:
    """The base with the events, all of them later than it, sealed into it."""
    limits, tally = thawed(base.limits), Tally()
    for event in events:
        tally.count(event, rules, limits, event[0], retracted)
    merged = {_bucket(one): one for one in base.sealed}
    for counted in tally.contributions:
        if counted.reason is None:
            one = _single(counted, rules)
            bucket = _bucket(one)
            merged[bucket] = _joined(merged[bucket], one) if bucket in merged else one
    last = events[-1]
    used = {key: limit.plain() for key, limit in limits.items()}
    return Base((last[0], last[1]), used, tuple(merged.values()))


def _single(counted: Contribution, rules: RuleSet) -> Sealed:
    rule, version, category, event_id, at, points, _ = counted
    found = rules.by_key.get(rule)
    if found is None:
        return Sealed(rule, version, category, event_id, at, points, None, None)
    half_life, expiry = rules.counted(found)[8:10]
    return Sealed(rule, version, category, event_id, at, found.points, half_life, expiry)


def _bucket(one: Sealed) -> tuple[str, int]:
    decays = one.half_life is not None or one.expiry is not None
    return one.rule, one.at // DAY if decays else 0


def _joined(one: Sealed, later: Sealed) -> Sealed:
    return later._replace(points=one.points + later.points)


def unsealed(base: Base, tally: Tally, now: int) -> None:
    """Takes what the sealed contributions give at `now` into a tally."""
    for rule, version, category, event_id, at, full, half_life, expiry in base.sealed:
        points, age = decayed(full, now - at, half_life, expiry)
        change = None if age is None else at + age
        reason = EXPIRED if points == 0 and full else None
        tally.add(Contribution(rule, version, category, event_id, at, points, reason), change)


def lasting(base: Base, now: int) -> Base:
    """The base without what has gone by altogether."""
    kept = tuple(one for one in base.sealed if decayed(one.points, now - one.at, one[6], one[7])[0])
    return base if len(kept) == len(base.sealed) else base._replace(sealed=kept)
