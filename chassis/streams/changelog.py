"""The changelog of one partition: claims, states and markers, and what of them counts after a crash.

Every record is written under the token of the member that claimed the partition. What counts is decided
here alone and without I/O: a state counts when it lies between its member's claim and the next claim and its
group was marked. Whatever a zombie or a killed member wrote else is passed over.
"""

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgpack

from chassis.streams.contract import INTERNAL

CLAIM = INTERNAL + b"claim:"
MARKER = INTERNAL + b"marker:"
TOKENS_KEPT = 16
"""Members whose states may lie in one partition; beyond that the smallest are written again."""

ENVELOPE = struct.Struct(">8sQq")
STATE_AT = ENVELOPE.size
_DUE = struct.Struct(">q")
_DUE_AT = STATE_AT - _DUE.size
NEVER = -1


class Unreadable(Exception):
    """A changelog record that no version of this code wrote."""


def envelope(token: bytes, group: int, due: int | None, state: bytes) -> bytes:
    """Value of a state record; an empty state means that the key has none."""
    return ENVELOPE.pack(token, group, NEVER if due is None else due) + state


def due_of(value: bytes) -> int:
    """Due time in an envelope, NEVER (-1) for none."""
    due: int = _DUE.unpack_from(value, _DUE_AT)[0]
    return due


@dataclass(frozen=True)
class Marker:
    """End of a group: from here on its states and these positions hold, together."""

    token: bytes
    group: int
    positions: dict[str, int]
    topic_ids: dict[str, str]
    now: int
    ledger: dict[bytes, int]
    """Earlier member to its last marked group: so that a zombie's marker, which takes the place of the true
    one under its key when the topic is compacted, does not unmake the groups before it."""

    def pack(self) -> bytes:
        """Bytes of the record."""
        packed: bytes = msgpack.packb(
            (1, self.token, self.group, self.positions, self.topic_ids, self.now, self.ledger)
        )
        return packed

    @classmethod
    def unpack(cls, raw: bytes) -> "Marker":
        """The marker again; raises `Unreadable` for a version from the future."""
        version, *fields = msgpack.unpackb(raw, strict_map_key=False)
        if version != 1:
            raise Unreadable(f"marker of format {version}")
        return cls(*fields)


@dataclass
class Loaded:
    """What a partition's changelog amounts to."""

    states: dict[bytes, bytes] = field(default_factory=dict)
    """Key to envelope, of every key that has a state."""
    positions: dict[str, int] = field(default_factory=dict)
    topic_ids: dict[str, str] = field(default_factory=dict)
    now: int = 0
    epoch: int = 0
    ledger: dict[bytes, int] = field(default_factory=dict)
    rewrite: set[bytes] = field(default_factory=set)
    """Keys to write again: something was passed over under them, or their member's entry is to go."""
    forget: list[bytes] = field(default_factory=list)
    """Markers that nothing rests on any more."""
    lost: set[bytes] = field(default_factory=set)
    """Keys whose counted state compaction may have removed in favour of one that does not count."""


class Replay:
    """Reads one partition's changelog in order up to the own claim and says what counts."""

    def __init__(self, token: bytes) -> None:
        self.token = token
        self.done = False
        self._epoch = 0
        self._window: bytes | None = None
        self._pending: dict[bytes, bytes] = {}
        self._counted: dict[bytes, bytes] = {}
        self._doubtful: dict[bytes, list[bytes]] = {}
        self._passed: dict[bytes, int] = {}
        self._marked: dict[bytes, int] = {}
        self._marker: Marker | None = None
        self._markers_seen: set[bytes] = set()
        self._last_timestamp = 0

    def feed(self, offset: int, timestamp: int, key: bytes, value: bytes | None) -> None:
        """Takes the next record; `timestamp` in milliseconds, as the broker tells it."""
        self._last_timestamp = timestamp
        if not key.startswith(INTERNAL) or not key.startswith((CLAIM, MARKER)):
            if value is not None:
                self._state(timestamp, key, value)
        elif value is None:
            self._markers_seen.discard(key)
        elif key.startswith(CLAIM):
            self._claim(offset, value)
        else:
            self._mark(key, Marker.unpack(value))

    def _state(self, timestamp: int, key: bytes, value: bytes) -> None:
        if value[:8] == self._window:
            self._pending[key] = value
        else:
            self._passed[key] = timestamp

    def _claim(self, offset: int, token: bytes) -> None:
        for key, value in self._pending.items():
            self._doubtful.setdefault(key, []).append(value)
            self._passed[key] = self._last_timestamp
        self._pending = {}
        self._window = token
        if token == self.token:
            self.done, self._epoch = True, offset

    def _mark(self, key: bytes, marker: Marker) -> None:
        self._markers_seen.add(key)
        if marker.token != self._window:
            return
        if self._doubtful:
            for changed in self._pending:
                self._doubtful.pop(changed, None)
        self._counted.update(self._pending)
        self._pending = {}
        self._marked[marker.token] = marker.group
        self._marker = marker

    def finish(self, compacted_before: int) -> Loaded:
        """What counts. States older than `compacted_before` (milliseconds) may have met the compaction."""
        ledger = {**(self._marker.ledger if self._marker else {}), **self._marked}
        self._settle_doubts(ledger)
        known = self._counted
        lost = {key for key, at in self._passed.items() if key not in known and at < compacted_before}
        states = {key: value for key, value in known.items() if len(value) > STATE_AT}
        kept = _most_used(states, ledger)
        rewrite = set(self._passed) | {key for key, value in states.items() if value[:8] not in kept}
        forget = [key for key in self._markers_seen if key.removeprefix(MARKER) not in kept]
        marker = self._marker or Marker(b"", 0, {}, {}, 0, {})
        return Loaded(
            states, dict(marker.positions), dict(marker.topic_ids), marker.now, self._epoch,
            kept, rewrite, forget, lost,
        )  # fmt: skip

    def _settle_doubts(self, ledger: Mapping[bytes, int]) -> None:
        for key, values in self._doubtful.items():
            for value in reversed(values):
                token, group, _ = ENVELOPE.unpack_from(value)
                if group <= ledger.get(token, -1):
                    self._counted[key] = value
                    break


def _most_used(states: Mapping[bytes, bytes], ledger: Mapping[bytes, int]) -> dict[bytes, int]:
    """The members with the most states; the others' few are cheaper to write again than to remember."""
    used = Counter(value[:8] for value in states.values())
    return {token: ledger[token] for token, _ in used.most_common(TOKENS_KEPT)}
