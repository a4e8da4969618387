"""A lead's evidence so far as one value, and what all of it gives under a rule set."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.leads.scoring.counting import Event, Plain, Tally, Trail, new, thawed
from services.leads.scoring.decay import decayed
from services.leads.scoring.evidence import BEFORE_HORIZON, EXPIRED, Contribution, Facts
from services.leads.scoring.rules import ADJUSTMENT, ENGAGEMENT, Rule, RuleSet
from services.leads.scoring.sealing import NOTHING, Base, Sealed, unsealed

MOST_FACTS = 16
"""Versions of the facts that are kept, to say since when a rule over them holds."""
MOST_OUTSIDE = 100
"""Events from before the horizon that are kept to be shown."""


class State(NamedTuple):
    """A value; only its trail is shared with the states before and after it."""

    facts: tuple[Facts, ...]
    """By version; empty while the lead is not known: no outcome until then."""
    trail: Trail
    size: int
    """Events of the trail that belong to this state."""
    now: int
    fit: int
    engagement: int
    next_change_at: int | None
    rules_version: int
    """Rule set of the sums; 0 before the first outcome."""
    base: Base
    outside: tuple[Event, ...]
    retracted: Mapping[str, int]
    """Id of a retracted event to the time of its retraction."""

    @property
    def events(self) -> list[Event]:
        """The events of this state, in order."""
        return self.trail.events[: self.size]


def empty() -> State:
    """The state of a lead of which nothing is known."""
    return State((), Trail([]), 0, 0, 0, 0, None, 0, NOTHING, (), {})


def survey(state: State, rules: RuleSet, now: int) -> tuple[Tally, Trail]:
    """Everything that the state's evidence gives at `now`, counted anew, and the trail that this makes."""
    tally, trail = Tally(), Trail(state.events)
    _count_facts(state.facts, rules, now, tally)
    unsealed(state.base, tally, now)
    trail.limits, trail.version = thawed(state.base.limits), rules.version
    for event in trail.events:
        tally.count(event, rules, trail.limits, now, state.retracted)
        trail.ids.add(event[1])
    _show_outside(state.outside, rules, tally)
    return tally, trail


def _count_facts(facts: tuple[Facts, ...], rules: RuleSet, now: int, tally: Tally) -> None:
    for rule in rules.over_facts:
        since = _held_since(rule, facts)
        if since is None:
            continue
        counted = rules.counted(rule)
        points, age = decayed(rule.points, now - since.at, counted.half_life, counted.expiry)
        change = None if age is None else since.at + age
        reason = EXPIRED if points == 0 and rule.points else None
        cause = (since.id, since.at, points, reason)
        tally.add(Contribution(rule.key, rules.version, rule.category, *cause), change)


def _held_since(rule: Rule, facts: Sequence[Facts]) -> Facts | None:
    """The version from which on the rule has held without a break: the cause of its points."""
    since = None
    for version in reversed(facts):
        if not rule.holds(version.values):
            break
        since = version
    return since


def _show_outside(outside: tuple[Event, ...], rules: RuleSet, tally: Tally) -> None:
    if not outside:
        return
    shown = {(one.rule, one.event_id) for one in tally.contributions}
    for event in outside:
        for one in passed_over(event, rules):
            if (one.rule, one.event_id) not in shown:
                tally.add(one, None)


def passed_over(event: Event, rules: RuleSet) -> list[Contribution]:
    """Contributions without points of an event from before the horizon."""
    if event.kind is None:
        named = [(ADJUSTMENT, 0, ENGAGEMENT)]
    else:
        named = [(rule.key, rule.version, rule.category) for rule in rules.by_kind.get(event.kind, ())]
    return [Contribution(*name, event.id, event.at, 0, BEFORE_HORIZON) for name in named]


def plain(state: State) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """All but the events as tuples, maps, texts and numbers, to be kept; limits are counted anew from it.

    The sums, which change with every event, and the background, which seldom does.
    """
    return sums(state), background(state)


def sums(state: State) -> tuple[Any, ...]:
    """What changes with every event."""
    return state[3:8]


def background(state: State) -> tuple[Any, ...]:
    """What seldom changes: facts, base, what lies outside the horizon, what was retracted."""
    facts = tuple((f.id, f.at, f.version, dict(f.values)) for f in state.facts)
    base = None if state.base is NOTHING else tuple(state.base)
    return facts, base, state.outside, dict(state.retracted)


def same_background(one: State, other: State) -> bool:
    """Whether one state grew out of the other without touching its background."""
    return one[0] is other[0] and one[8] is other[8] and one[9] is other[9] and one[10] is other[10]


def restored(values: Sequence[Any], events: Iterable[Sequence[Any]]) -> State:
    """The state again from what `plain` made of it and its events, lists in place of tuples or not."""
    (now, fit, engagement, change, version), (facts, base, outside, retracted) = values
    known = tuple(Facts(*fact) for fact in facts)
    trail = Trail([new(Event, event) for event in events])
    later = tuple(Event(*event) for event in outside)
    kept = (now, fit, engagement, change, version)
    return State(known, trail, len(trail.events), *kept, _base(base), later, retracted)


def _base(values: Sequence[Any] | None) -> Base:
    if values is None:
        return NOTHING
    until, limits, sealed = values
    kept: dict[str, Plain] = {key: tuple(limit) for key, limit in limits.items()}
    return Base(tuple(until), kept, tuple(Sealed(*one) for one in sealed))
