"""The scoring processor: which topics it folds into `leads.score`, and how a lead's state is kept."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack

from chassis.ids import derived_id
from chassis.streams import RESERVED, Message, Outputs, Record, Store
from services.leads import scoring
from services.leads.scoring import (
    Adjustment,
    Engagement,
    Evidence,
    Facts,
    Outcome,
    Rule,
    RulesChanged,
    RuleSet,
    Time,
)

FORMAT = 1
SCORES = "leads.score"
RULES = RESERVED + b"rules:"
"""Before the tenant: the key of its rule sets."""
RESCORED_AT_ONCE = 500
"""Leads of one tenant that are counted anew in one group when rules come into force."""
_TENANT = slice(0, 36)
_LEAD = slice(37, None)


class Scored(NamedTuple):
    """A lead's evidence, and the last that was said of its score."""

    state: scoring.State
    epoch: int
    sequence: int
    packed: bytes
    """The events as msgpack, one behind the other: grown with them, so that a long history costs no more."""


class Published(NamedTuple):
    """A tenant's rule set, in force from `effective_at` (milliseconds) by the event `event_id`."""

    effective_at: int
    event_id: str
    rules: RuleSet


class Rules(NamedTuple):
    """A tenant's published sets: the one in force first, then those to come."""

    in_force: Published | None
    coming: tuple[Published, ...]
    rescored: bytes | None
    """The last lead that was counted anew by the set in force; None when all are."""


class Told(NamedTuple):
    """Why a score is said: kind and id of the cause, when it happened, when it reached the front door."""

    cause: str
    cause_id: str
    occurred_at: int
    recorded_at: int


class ScoringFold:
    """Folds engagement, facts, adjustments, rules and time into scores (F12). See `chassis.streams.Fold`."""

    name = "leads.scoring"
    source = "/leads/scoring"
    inputs: tuple[str, ...] = ("engagement.recorded", "leads.lead", "leads.scoring-rules")
    changelog = "leads.scoring-state"
    repair = "leads.repair"
    dead_letter = "leads.dead-letter"
    ticks: str | None = "clock.tick"
    outputs: tuple[str, ...] = (SCORES,)

    def __init__(self) -> None:
        self._default = scoring.default_rules()

    def apply(self, message: Message, store: Store[Scored | Rules], out: Outputs) -> None:
        """Folds one record. Raises ValueError where the key names another lead than the record."""
        _, _, _, key, type, record, _ = message
        if type == "ScoringRulesPublished":
            _publish(RULES + key[_TENANT], record, store)
            return
        found = _evidence(type, record)
        if found is None:
            return
        if key[_LEAD] != record["lead_id"].encode():
            raise ValueError("the key names another lead than the record")
        self._step(key, *found, store, out)

    def timer(self, key: bytes, now: int, store: Store[Scored | Rules], out: Outputs) -> None:
        """What is due by `now`: points decay, a rule set comes into force, a tenant's leads are rescored."""
        state = store.get(key)
        if isinstance(state, Rules):
            self._rescore(key, _in_force(state, now), store, out)
        elif state is not None and (due := self.due(state)) is not None:
            told = Told("time", str(derived_id(key.decode(), "time", due)), due, due)
            self._step(key, Time(due), told, store, out)

    def pack(self, state: Scored | Rules) -> bytes:
        """The state as msgpack, its format first."""
        if isinstance(state, Scored):
            _, epoch, sequence, events = state
            kept = scoring.plain(state.state)
            packed: bytes = msgpack.packb((FORMAT, "lead", epoch, sequence, state.state.size, events, kept))
        else:
            sets = [None if one is None else _plain(one) for one in (state.in_force, *state.coming)]
            packed = msgpack.packb((FORMAT, "rules", sets, state.rescored))
        return packed

    def unpack(self, raw: bytes) -> Scored | Rules:
        """The state again; raises ValueError for a format from the future."""
        version, kind, *values = msgpack.unpackb(raw, use_list=False, strict_map_key=False)
        if version != FORMAT:
            raise ValueError(f"scoring state of format {version}")
        if kind == "lead":
            epoch, sequence, size, events, kept = values
            listed = _ARRAY + size.to_bytes(4) + events
            return Scored(scoring.restored(kept, msgpack.unpackb(listed)), epoch, sequence, events)
        sets, rescored = values
        first, *coming = (None if one is None else _published(one) for one in sets)
        return Rules(first, tuple(one for one in coming if one), rescored)

    def due(self, state: Scored | Rules) -> int | None:
        """When a lead's points change by themselves, or a tenant's next rules come into force."""
        if isinstance(state, Scored):
            return state.state.next_change_at
        if state.rescored is not None:
            return 0
        return state.coming[0].effective_at if state.coming else None

    def _rules(self, key: bytes, store: Store[Scored | Rules]) -> RuleSet:
        held = store.get(RULES + key[_TENANT])
        if held is None or held[0] is None:
            return self._default
        return held[0].rules  # type: ignore[union-attr]

    def _step(
        self, key: bytes, evidence: Evidence, told: Told, store: Store[Scored | Rules], out: Outputs
    ) -> None:
        """Takes the evidence in and says what changed: in full at the first touch in an epoch."""
        held = store.get(key)
        before, epoch, sequence, packed = held if isinstance(held, Scored) else _unknown()
        rules = self._rules(key, store)
        state, outcome = scoring.step(before, evidence, rules)
        if epoch != store.epoch and state.rules_version == rules.version:
            outcome = scoring.whole(state, rules, before.fit + before.engagement)
            epoch, sequence = store.epoch, 0
        elif outcome is None:
            if state is not before:
                store.put(key, Scored(state, epoch, sequence, _packed(state, before, packed)))
            return
        if outcome is not None:
            sequence += 1
            record = _record(key.decode(), told, epoch, sequence, outcome)
            out.send(SCORES, key, "ScoreChanged", record, record["event_id"])
        store.put(key, Scored(state, epoch, sequence, _packed(state, before, packed)))

    def _rescore(self, key: bytes, held: Rules, store: Store[Scored | Rules], out: Outputs) -> None:
        """Counts the next leads of a tenant anew; asks to be woken while there are more."""
        if held.in_force is not None and held.rescored is not None:
            effective_at, event_id, _ = held.in_force
            tenant = key.removeprefix(RULES) + b":"
            leads = store.keys(tenant, held.rescored, RESCORED_AT_ONCE)
            told = Told("rules", event_id, effective_at, effective_at)
            store.put(key, held)
            for lead in leads:
                self._step(lead, RulesChanged(event_id, effective_at), told, store, out)
            held = held._replace(rescored=leads[-1] if len(leads) == RESCORED_AT_ONCE else None)
        store.put(key, held)
        if held.rescored is not None:
            store.wake(key)


_ARRAY = b"\xdd"
"""Begins a msgpack array; its length in 4 bytes follows."""


def _unknown() -> Scored:
    return Scored(scoring.empty(), 0, 0, b"")


def _packed(state: scoring.State, before: scoring.State, packed: bytes) -> bytes:
    """The state's events, of which those of the state before are packed already."""
    grown = state.size - before.size
    if state.trail is before.trail and grown <= 1:
        return packed + msgpack.packb(state.trail.events[-1]) if grown else packed
    return b"".join(map(msgpack.packb, state.events))


def _evidence(type: str, record: Record) -> tuple[Evidence, Told] | None:
    """What a record says to scoring; None for what it does not look at (a status)."""
    id, at = record["event_id"], record["occurred_at"]
    if type == "EngagementRecorded":
        told = Told("engagement", id, at, record["received_at"])
        return Engagement(id, at, record["kind"], record["once_key"]), told
    if type in ("LeadCreated", "LeadChanged"):
        return Facts(id, at, record["version"], record["facts"]), Told("facts", id, at, at)
    if type == "LeadScoreAdjusted":
        return Adjustment(id, at, record["points"]), Told("adjustment", id, at, at)
    return None


def _publish(key: bytes, record: Record, store: Store[Scored | Rules]) -> None:
    """Keeps a tenant's new set; where it is in force already, its leads are rescored at once (F17)."""
    held = store.get(key)
    before = held if isinstance(held, Rules) else Rules(None, (), None)
    known = {one.rules.version for one in (before.in_force, *before.coming) if one}
    rules = RuleSet(record["rules_version"], tuple(_rule(rule) for rule in record["rules"]))
    if rules.version in known:
        return
    one = Published(record["effective_at"], record["event_id"], rules)
    coming = sorted((*before.coming, one), key=_turn)
    after = _in_force(before._replace(coming=tuple(coming)), max(store.now, record["occurred_at"]))
    store.put(key, after)
    if after.rescored is not None:
        store.wake(key)


def _in_force(held: Rules, now: int) -> Rules:
    """The sets with the one in force that has the latest effective time up to `now`."""
    passed = [one for one in held.coming if one.effective_at <= now]
    if not passed:
        return held
    later = tuple(one for one in held.coming if one.effective_at > now)
    newest = passed[-1]
    if held.in_force is not None and _turn(held.in_force) > _turn(newest):
        return held._replace(coming=later)
    return Rules(newest, later, b"")


def _turn(one: Published) -> tuple[int, int]:
    return one.effective_at, one.rules.version


def _rule(record: Mapping[str, Any]) -> Rule:
    rest = {name: value for name, value in record.items() if name not in ("rule", "values")}
    return Rule(key=record["rule"], values=tuple(record["values"]), **rest)


_RULE = tuple(Rule.__dataclass_fields__)


def _plain(one: Published) -> tuple[Any, ...]:
    rules = [[getattr(rule, name) for name in _RULE] for rule in one.rules.rules]
    return one.effective_at, one.event_id, one.rules.version, rules


def _published(values: Any) -> Published:
    effective_at, event_id, version, rules = values
    return Published(effective_at, event_id, RuleSet(version, tuple(Rule(*rule) for rule in rules)))


def _record(key: str, told: Told, epoch: int, sequence: int, outcome: Outcome) -> Record:
    """The record of an outcome; (lead, epoch, sequence) is its id."""
    tenant, _, lead = key.partition(":")
    raw, shown, previous, fit, engagement, grade, version, change, full, added, removed = outcome
    return {
        "event_id": f"{lead}:{epoch}:{sequence}",
        "tenant_id": tenant,
        "lead_id": lead,
        "epoch": epoch,
        "sequence": sequence,
        "full": full,
        "occurred_at": told.occurred_at,
        "recorded_at": told.recorded_at,
        "cause_id": told.cause_id,
        "cause": told.cause,
        "raw": raw,
        "shown": shown,
        "previous_shown": previous,
        "fit": fit,
        "engagement": engagement,
        "grade": grade,
        "rules_version": version,
        "next_change_at": change,
        "added": [_contribution(one) for one in added],
        "removed": [{"rule": rule, "event_id": event} for rule, event in removed],
    }


def _contribution(one: scoring.Contribution) -> Record:
    rule, version, category, event_id, at, points, reason = one
    return {
        "rule": rule,
        "rule_version": version,
        "category": category,
        "event_id": event_id,
        "occurred_at": at,
        "points": points,
        "reason": reason,
    }
