"""The states of one partition in memory, packed as in the changelog, and the index of their due times."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from chassis.streams.changelog import ENVELOPE, NEVER, STATE_AT, Loaded, due_of, envelope
from chassis.streams.contract import INTERNAL, RESERVED, Fold

S = TypeVar("S")

PARKED = INTERNAL + b"parked:"
LIVE_KEPT = 2_000
"""Unpacked states that stay from group to group in one partition; beyond that the recent half does."""


class PartitionStore(Generic[S]):
    """`Store` of the contract. Changes are live objects until `seal` packs each changed key once."""

    def __init__(self, fold: Fold[S], token: bytes, loaded: Loaded) -> None:
        self.epoch = loaded.epoch
        self.now = loaded.now
        self.parked = {key.removeprefix(PARKED) for key in loaded.states if key.startswith(PARKED)}
        self.woken: list[bytes] = []
        self._fold = fold
        self._token = token
        self._packed = loaded.states
        self._live: dict[bytes, S | None] = {}
        self._changed: set[bytes] = set()
        self._unindexed: set[bytes] = set()
        self._due: dict[bytes, int] = {}
        self._undo: list[tuple[bytes, S | None, bool]] = []
        self._internal: dict[bytes, bytes] = {}
        self._heap: list[tuple[int, bytes]] = []
        self._rebuild_index()

    def __len__(self) -> int:
        return len(self._packed)

    def get(self, key: bytes) -> S | None:
        """See `Store`."""
        live = self._live
        if key in live:
            return live[key]
        packed = self._packed.get(key)
        if packed is None:
            return None
        state = live[key] = self._fold.unpack(packed[STATE_AT:])
        return state

    def put(self, key: bytes, state: S) -> None:
        """See `Store`."""
        self._write(key, state)

    def delete(self, key: bytes) -> None:
        """See `Store`."""
        if self.get(key) is not None:
            self._write(key, None)

    def _write(self, key: bytes, state: S | None) -> None:
        live = self._live
        was_live = key in live
        self._undo.append((key, live.pop(key, None), was_live))
        live[key] = state  # now the last one: those at the end were written last
        self._changed.add(key)
        self._unindexed.add(key)

    def keys(self, prefix: bytes, after: bytes = b"", limit: int | None = None) -> list[bytes]:
        """See `Store`."""
        found = (k for k in self._all_keys() if k > after and k.startswith(prefix))
        return sorted(found) if limit is None else heapq.nsmallest(limit, found)

    def _all_keys(self) -> Iterator[bytes]:
        changed, live = self._changed, self._live
        yield from (k for k in self._packed if k not in changed and not k.startswith(INTERNAL))
        yield from (k for k in changed if live[k] is not None)

    def wake(self, key: bytes) -> None:
        """See `Store`."""
        self.woken.append(key)

    # --- what the engine does with it

    def begin(self) -> None:
        """A step begins: what it puts can be taken back."""
        if self._undo:
            self._undo.clear()

    @property
    def untouched(self) -> bool:
        """Whether the step under way has put nothing."""
        return not self._undo

    def take_back(self) -> None:
        """The step failed: everything is as before it."""
        for key, state, was_live in reversed(self._undo):
            if was_live:
                self._live[key] = state
            else:
                # The key stays among the changed ones and is written as it was: harmless and rare.
                packed = self._packed.get(key)
                self._live[key] = None if packed is None else self._fold.unpack(packed[STATE_AT:])
        self._undo.clear()

    def park(self, key: bytes, cause: str) -> None:
        """Keeps from now on that the key waits for a repair."""
        self.parked.add(key)
        self._internal[PARKED + key] = cause.encode()

    def unpark(self, key: bytes) -> None:
        """The key goes on, and so do its timers."""
        self.parked.discard(key)
        self._internal[PARKED + key] = b""
        if key in self._packed:
            self._push(due_of(self._packed[key]), key)
        if self._live.get(key) is not None:
            self._unindexed.add(key)

    def next_due(self, now: int) -> bytes | None:
        """The key whose timer fires next at or before `now`; None where there is none."""
        self._index_changes()
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, key = heap[0]
            if key not in self.parked and due == self._due_now(key):
                return key
            heapq.heappop(heap)
        return None

    def _due_now(self, key: bytes) -> int:
        if key in self._due:
            return self._due[key]
        packed = self._packed.get(key)
        return NEVER if packed is None else due_of(packed)

    def _index_changes(self) -> None:
        for key in self._unindexed:
            state = self._live[key]
            due = None if state is None else self._fold.due(state)
            self._due[key] = NEVER if due is None else due
            self._push(self._due[key], key)
        self._unindexed.clear()

    def _push(self, due: int, key: bytes) -> None:
        if due != NEVER:
            heapq.heappush(self._heap, (due, key))

    def _rebuild_index(self) -> None:
        if self._fold.ticks is None:
            return
        entries = ((due_of(value), key) for key, value in self._packed.items())
        self._heap = [entry for entry in entries if entry[0] != NEVER]
        heapq.heapify(self._heap)

    def seal(self, group: int) -> Iterator[tuple[bytes, bytes]]:
        """Packs what changed: key and envelope of every changed key. Afterwards nothing is changed."""
        self._index_changes()
        packed, live, dues = self._packed, self._live, self._due
        for key in self._changed:
            state = live[key]
            if state is None:
                packed.pop(key, None)
                yield key, envelope(self._token, group, None, b"")
                continue
            value = ENVELOPE.pack(self._token, group, dues[key]) + self._fold.pack(state)
            packed[key] = value
            yield key, value
        yield from self._seal_internal(group)
        self._close_group()

    def _seal_internal(self, group: int) -> Iterator[tuple[bytes, bytes]]:
        for key, state in self._internal.items():
            value = envelope(self._token, group, None, state)
            if state:
                self._packed[key] = value
            else:
                self._packed.pop(key, None)
            yield key, value

    def _close_group(self) -> None:
        self._changed.clear()
        self._internal.clear()
        self._due.clear()
        self._undo.clear()
        if len(self._live) > LIVE_KEPT:
            self._forget_oldest()
        if len(self._heap) > 2 * len(self._packed) + 10_000:
            self._rebuild_index()

    def _forget_oldest(self) -> None:
        """Rules are read with every record and seldom written: they stay."""
        oldest = islice(self._live, len(self._live) - LIVE_KEPT // 2)
        for key in [key for key in oldest if not key.startswith(RESERVED)]:
            del self._live[key]

    @property
    def dirty(self) -> bool:
        """Whether anything changed since the last `seal`."""
        return bool(self._changed or self._internal)

    def rewritten(self, keys: Iterable[bytes], group: int) -> Iterator[tuple[bytes, bytes]]:
        """The same states under the own token, for keys under which others' records lie."""
        for key in keys:
            packed = self._packed.get(key)
            if packed is None:
                yield key, envelope(self._token, group, None, b"")
            else:
                value = self._packed[key] = (
                    ENVELOPE.pack(self._token, group, due_of(packed)) + packed[STATE_AT:]
                )
                yield key, value
