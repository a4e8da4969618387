"""What the scoring processor keeps: a lead's state and a tenant's rules, and both as bytes and back."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgpack

from services.leads import scoring
from services.leads.scoring import Rule, RuleSet

FORMAT = 2
_ARRAY = b"\xdd"
"""Begins a msgpack array; its length in 4 bytes follows."""
_new = tuple.__new__


class Scored(NamedTuple):
    """A lead's evidence, and the last that was said of its score."""

    state: scoring.State
    epoch: int
    sequence: int
    events: bytes
    """The events as msgpack, one behind the other: grown with them, so that a long history costs no more."""
    background: bytes
    """What else is known of the lead and seldom changes, as msgpack."""


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


def unknown() -> Scored:
    """What is kept of a lead of which nothing is known."""
    return Scored(scoring.empty(), 0, 0, b"", b"")


def grown(known: Scored, state: scoring.State, epoch: int, sequence: int) -> Scored:
    """The next state of a lead; what it has in common with the one before is packed already."""
    before, _, _, events, background = known
    grown = state.size - before.size
    if state.trail is not before.trail or grown > 1:
        events = b"".join(map(msgpack.packb, state.events))
    elif grown:
        events += msgpack.packb(state.trail.events[-1])
    if not background or not scoring.same_background(state, before):
        background = msgpack.packb(scoring.background(state))
    return _new(Scored, (state, epoch, sequence, events, background))


def packed(state: Scored | Rules) -> bytes:
    """The state as msgpack, its format first."""
    if isinstance(state, Scored):
        lead, epoch, sequence, events, background = state
        said = (epoch, sequence, lead.size, events, scoring.sums(lead), background)
        raw: bytes = msgpack.packb((FORMAT, "lead", *said))
    else:
        sets = [None if one is None else _plain(one) for one in (state.in_force, *state.coming)]
        raw = msgpack.packb((FORMAT, "rules", sets, state.rescored))
    return raw


def unpacked(raw: bytes) -> Scored | Rules:
    """The state again, also from format 1; raises ValueError for a format from the future."""
    version, kind, *values = _read(raw)
    if version > FORMAT:
        raise ValueError(f"scoring state of format {version}")
    if kind == "lead":
        return _lead(values if version == FORMAT else _from_format_1(values))
    sets, rescored = values
    first, *coming = (None if one is None else _published(one) for one in sets)
    return Rules(first, tuple(one for one in coming if one), rescored)


def _lead(values: Sequence[Any]) -> Scored:
    epoch, sequence, size, events, sums, background = values
    listed = msgpack.unpackb(_ARRAY + size.to_bytes(4) + events)
    return Scored(scoring.restored((sums, _read(background)), listed), epoch, sequence, events, background)


def _from_format_1(values: Sequence[Any]) -> tuple[Any, ...]:
    """Sums and background were one list, packed with the rest."""
    *said, (facts, now, fit, engagement, change, version, *others) = values
    return *said, (now, fit, engagement, change, version), msgpack.packb((facts, *others))


def _read(raw: bytes) -> Any:
    return msgpack.unpackb(raw, use_list=False, strict_map_key=False)


_RULE = tuple(Rule.__dataclass_fields__)


def _plain(one: Published) -> tuple[Any, ...]:
    rules = [[getattr(rule, name) for name in _RULE] for rule in one.rules.rules]
    return one.effective_at, one.event_id, one.rules.version, rules


def _published(values: Any) -> Published:
    effective_at, event_id, version, rules = values
    return Published(effective_at, event_id, RuleSet(version, tuple(Rule(*rule) for rule in rules)))
