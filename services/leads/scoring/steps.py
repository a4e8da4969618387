"""One step of a score: a state and a piece of evidence to the next state and what changed.

Evidence in order takes the short path; late, corrected or retracted evidence counts the lead anew.
"""

from bisect import insort
from collections.abc import Iterable

from services.leads.scoring.counting import Event, Tally, Trail, given, new
from services.leads.scoring.evidence import (
    Adjustment,
    Contribution,
    Engagement,
    Evidence,
    Facts,
    Outcome,
    Retraction,
    RulesChanged,
    Time,
    grade_of,
    shown_of,
)
from services.leads.scoring.rules import ENGAGEMENT, RuleSet
from services.leads.scoring.sealing import NOTHING, lasting, overdue, seal
from services.leads.scoring.state import MOST_FACTS, MOST_OUTSIDE, State, empty, survey


def step(state: State, evidence: Evidence, rules: RuleSet) -> tuple[State, Outcome | None]:
    """The state with the evidence in it, and what that changed: None for nothing, or no facts yet (F12).

    Repeated evidence (the same id) changes nothing. Does not touch `state`. `rules` are those in force.
    """
    if isinstance(evidence, Engagement):
        id, at, kind, once_key = evidence
        event = new(Event, (at, id, kind, once_key, 0))
    elif isinstance(evidence, Adjustment):
        event = Event(evidence[1], evidence[0], None, None, evidence[2])
    elif isinstance(evidence, Time) and not _due(state, evidence.at, rules):
        return state._replace(now=max(state.now, evidence.at)), None
    else:
        return _long_step(state, _absorbed(state, evidence, rules), rules)
    if state[1].version != rules.version == state[7]:
        state = _warmed(state, rules)
    if _is_next(state, event, rules):
        return _short_step(state, event, rules)
    return _long_step(state, _with_event(state, event, rules), rules)


def _due(state: State, at: int, rules: RuleSet) -> bool:
    change = state.next_change_at
    return (change is not None and change <= at) or state.rules_version not in (0, rules.version)


def _warmed(state: State, rules: RuleSet) -> State:
    """The same state on a trail that is counted: one that was restored has none."""
    return state._replace(trail=survey(state, rules, state.now)[1])


def _is_next(state: State, event: Event, rules: RuleSet) -> bool:
    """Whether the event is in order and nothing but its own contributions changes by it."""
    _, trail, count, now, _, _, change, _, base, _, retracted = state
    events, at, id = trail.events, event[0], event[1]
    if trail.version != rules.version or len(events) != count or count >= rules.max_events:
        return False
    oldest = at - rules.horizon
    if count:
        last = events[-1]
        if last[0] > at or (last[0] == at and last[1] >= id) or events[0][0] < oldest:
            return False
    if (change is not None and change <= at) or at < now - rules.horizon:
        return False
    if base is not NOTHING and (at, id) <= base.until:
        return False
    return id not in trail.ids and id not in retracted


def _short_step(state: State, event: Event, rules: RuleSet) -> tuple[State, Outcome | None]:
    facts, trail, size, now, fit, engagement, change, version, base, outside, retracted = state
    now = max(now, event[0])
    raw = fit + engagement
    added = []
    for line, moment in given(event, rules, trail.limits, now):
        added.append(line)
        if line[2] == ENGAGEMENT:
            engagement += line[5]
        else:
            fit += line[5]
        if moment is not None and (change is None or moment < change):
            change = moment
    trail.events.append(event)
    trail.ids.add(event[1])
    sums = (now, fit, engagement, change, version)
    after = new(State, (facts, trail, size + 1, *sums, base, outside, retracted))
    return after, _outcome(raw, after, tuple(added), ()) if added else None


def _outcome(
    before: int,
    after: State,
    added: tuple[Contribution, ...],
    removed: tuple[tuple[str, str], ...],
    full: bool = False,
) -> Outcome:
    _, _, _, _, fit, engagement, change, version, _, _, _ = after
    raw = fit + engagement
    grade = grade_of(fit, engagement)
    shown = (raw, shown_of(raw), shown_of(before))
    return new(Outcome, (*shown, fit, engagement, grade, version, change, full, added, removed))


def _long_step(before: State, absorbed: State | None, rules: RuleSet) -> tuple[State, Outcome | None]:
    """Counts the lead anew where the evidence, or the rules, or the time say something new."""
    if absorbed is None:
        return before, None
    absorbed = _sealed(absorbed, rules)
    if not absorbed.facts:
        return absorbed, None
    tally, trail = survey(absorbed, rules, absorbed.now)
    sums = (tally.fit, tally.engagement, tally.change, rules.version)
    after = State(absorbed.facts, trail, absorbed.size, absorbed.now, *sums, *absorbed[8:])
    raw_before = before.fit + before.engagement
    if before.rules_version != rules.version:
        return after, _outcome(raw_before, after, tuple(tally.contributions), (), full=True)
    added, removed = _difference(survey(before, rules, before.now)[0], tally)
    told = added or removed or before.next_change_at != after.next_change_at
    return after, _outcome(raw_before, after, added, removed) if told else None


def _difference(before: Tally, after: Tally) -> tuple[tuple[Contribution, ...], tuple[tuple[str, str], ...]]:
    old, new = set(before.contributions), set(after.contributions)
    removed = tuple((c.rule, c.event_id) for c in before.contributions if c not in new)
    return tuple(c for c in after.contributions if c not in old), removed


def _sealed(state: State, rules: RuleSet) -> State:
    """The state with what lies beyond the horizon sealed."""
    events = state.events
    first = overdue(events, state.now, rules)
    base = lasting(state.base, state.now)
    if not first:
        return state if base is state.base else state._replace(base=base)
    base = lasting(seal(base, events[:first], rules, state.retracted), state.now)
    gone = {event.id for event in events[:first]}
    retracted = {id: at for id, at in state.retracted.items() if id not in gone}
    return state._replace(
        trail=Trail(events[first:]), size=len(events) - first, base=base, retracted=retracted
    )


def _absorbed(
    state: State, evidence: Facts | Retraction | RulesChanged | Time, rules: RuleSet
) -> State | None:
    """The state with the evidence in it, not counted yet; None where that changes nothing."""
    if isinstance(evidence, Facts):
        return _with_facts(state, evidence)
    if isinstance(evidence, Retraction):
        return _with_retraction(state, evidence, rules)
    return state._replace(now=max(state.now, evidence.at))


def _with_facts(state: State, facts: Facts) -> State | None:
    if any(known.version == facts.version for known in state.facts):
        return None
    known = tuple(sorted((*state.facts, facts), key=lambda f: f.version))[-MOST_FACTS:]
    return None if known == state.facts else state._replace(facts=known, now=max(state.now, facts.at))


def _with_retraction(state: State, evidence: Retraction, rules: RuleSet) -> State | None:
    if state.retracted.get(evidence.event_id, 2**62) <= evidence.at:
        return None
    oldest = state.now - rules.horizon
    kept = {id: at for id, at in state.retracted.items() if at >= oldest}
    kept[evidence.event_id] = evidence.at
    return state._replace(retracted=kept, now=max(state.now, evidence.at))


def _with_event(state: State, event: Event, rules: RuleSet) -> State | None:
    events = state.events
    ids = state.trail.ids if len(state.trail.ids) == state.size else {known.id for known in events}
    if event.id in ids:
        return None
    now = max(state.now, event.at)
    if (event.at, event.id) <= state.base.until or event.at < now - rules.horizon:
        return _with_outside(state, event)
    insort(events, event, key=lambda known: (known.at, known.id))
    return state._replace(trail=Trail(events), size=len(events), now=now)


def _with_outside(state: State, event: Event) -> State | None:
    if any(known.id == event.id for known in state.outside):
        return None
    return state._replace(outside=(*state.outside, event)[-MOST_OUTSIDE:])


def whole(state: State, rules: RuleSet, raw_before: int = 0) -> Outcome:
    """The state's score in full, whatever was said before; `rules` must be those that it was counted by."""
    tally, _ = survey(state, rules, state.now)
    sums = (tally.fit, tally.engagement, tally.change, rules.version)
    scored = State(*state[:4], *sums, *state[8:])
    return _outcome(raw_before, scored, tuple(tally.contributions), (), full=True)


def explain(state: State, rules: RuleSet) -> tuple[Contribution, ...]:
    """The whole list of contributions at the state's time; their sum is its raw score (F18, B2)."""
    return tuple(survey(state, rules, state.now)[0].contributions)


def fold(evidence: Iterable[Evidence], rules: RuleSet, at: int | None = None) -> Outcome | None:
    """The score at `at` of all evidence up to then (None: up to its end), counted at once.

    None without facts. Knows no horizon: so a replay counts what came too late for `step`. The first of
    evidence with the same id holds.
    """
    state = empty()
    events: dict[str, Event] = {}
    for one in evidence:
        if at is not None and one.at > at:
            continue
        if isinstance(one, Engagement):
            events.setdefault(one.id, Event(one.at, one.id, one.kind, one.once_key, 0))
            state = state._replace(now=max(state.now, one.at))
        elif isinstance(one, Adjustment):
            events.setdefault(one.id, Event(one.at, one.id, None, None, one.points))
            state = state._replace(now=max(state.now, one.at))
        else:
            state = _folded(state, one, rules)
    trail = Trail(sorted(events.values()))
    state = state._replace(trail=trail, size=len(trail.events), now=state.now if at is None else at)
    return whole(state, rules) if state.facts else None


def _folded(state: State, evidence: Facts | Retraction | RulesChanged | Time, rules: RuleSet) -> State:
    return (_absorbed(state, evidence, rules) or state)._replace(now=max(state.now, evidence.at))
