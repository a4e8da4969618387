"""One partition of a fold: its state, its position in every input, and the step of each record."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from chassis.avro import SCHEMA_HEADER, Codec, SchemaUnavailable, Undecodable
from chassis.catalogue import Catalogue
from chassis.streams.changelog import MARKER, Marker
from chassis.streams.contract import Fold, Message, Raw, Record, new
from chassis.streams.outbox import GroupOutputs, Outgoing, dead_letter, origin_of
from chassis.streams.store import PartitionStore
from chassis.streams.wire import StreamError, Wire

S = TypeVar("S")

log = logging.getLogger(__name__)
security = logging.getLogger("security")

SCHEMA_PATIENCE = 120.0
"""Seconds that a record waits for its schema before the process ends."""
FIRED_AT_ONCE = 4_000
"""Timers of one partition in one group."""


class Refused(Exception):
    """A record that is a dead letter; `cause` is undecodable, no-key, foreign-tenant or no-origin."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


@dataclass
class HeldTick:
    """A tick that waits until the inputs are read as far as they were when it was written."""

    offset: int
    time: int
    ends: dict[str, int]
    clamped: bool = False


class Claim(NamedTuple):
    """Under what a partition is held; goes into every marker."""

    token: bytes
    ledger: dict[bytes, int]
    topic_ids: dict[str, str]


class Parts(NamedTuple, Generic[S]):
    """What all partitions of a processor share."""

    fold: Fold[S]
    codec: Codec
    catalogue: Catalogue
    wire: Wire
    sent: list[Outgoing]


class Partition(Generic[S]):
    """Applies records in order and holds what they changed until the engine commits the group."""

    def __init__(
        self, number: int, parts: Parts[S], store: PartitionStore[S], claim: Claim, positions: dict[str, int]
    ) -> None:
        self.number = number
        self.claim = claim
        self.store = store
        self.next = positions
        self.held: deque[HeldTick] = deque()
        self.group = 0
        self.moved = False
        self.unhinted = False
        self.events = 0
        self.dead = 0
        self._fold = parts.fold
        self._apply = parts.fold.apply
        self._decode = parts.codec.decode
        self._wire = parts.wire
        self._sent = parts.sent
        self._out = GroupOutputs(parts.codec, parts.catalogue, parts.fold.source, number, parts.sent)
        self._special = {parts.fold.ticks: self._take_tick, parts.fold.repair: self._take_repair}

    def take(self, raw: Raw) -> None:
        """Applies the record at the next position of its topic; the caller has filled any gap before it."""
        topic, number, offset, key, _, _ = raw
        self.next[topic] = offset + 1
        self.moved = True
        self.events += 1
        special = self._special.get(topic)
        if special is not None:
            special(raw)
            return
        try:
            type_, record = self._read(topic, raw)
        except Refused as refused:
            self._bury(raw, (topic, number, offset), refused.cause, str(refused))
            return
        self._step(raw, new(Message, (topic, number, offset, key or b"", type_, record, False)))

    def _read(self, topic: str, raw: Raw) -> tuple[str, Record]:
        key = raw[3]
        if key is None:
            raise Refused("no-key", "a record needs a key")
        try:
            type_, record = self._decode(topic, raw[4])
        except (Undecodable, SchemaUnavailable):
            type_, record = self._decode_patiently(topic, raw)
        tenant = record.get("tenant_id")
        if tenant is None or key[:37] != tenant.encode() + b":" or len(tenant) != 36:
            security.error("tenant of key and record differ in %s", topic)
            raise Refused("foreign-tenant", "the key names another tenant than the record")
        return type_, record

    def _decode_patiently(self, topic: str, raw: Raw) -> tuple[str, Record]:
        """Looks for a schema id among the headers, and waits for a schema that is on its way."""
        named = dict(raw.headers() or []).get(SCHEMA_HEADER)
        deadline = time.monotonic() + SCHEMA_PATIENCE
        while True:
            try:
                return self._decode(topic, raw.value, named.encode() if isinstance(named, str) else named)
            except Undecodable as error:
                raise Refused("undecodable", str(error)) from error
            except SchemaUnavailable as error:
                if time.monotonic() > deadline:
                    raise StreamError(
                        f"no schema for {topic}[{raw.partition}]@{raw.offset}: {error}"
                    ) from error
                time.sleep(1)

    def _step(self, raw: Raw, message: Message) -> None:
        store = self.store
        if store.parked and message.key in store.parked:
            self._bury(raw, (message.topic, message.partition, message.offset), "parked", "its key waits")
            return
        mark = len(self._sent)
        store.begin()
        try:
            self._apply(message, store, self._out)
        except Exception as error:
            self._undo(mark)
            store.park(message.key, _describe(error))
            log.error(
                "step failed, key parked: %s %s %d", message.topic, type(error).__name__, message.offset
            )
            origin = (message.topic, message.partition, message.offset)
            self._bury(raw, origin, "step-failed", _describe(error))

    def _undo(self, mark: int) -> None:
        del self._sent[mark:]
        self.store.take_back()

    def _bury(self, raw: Raw, origin: tuple[str, int, int], cause: str, detail: str) -> None:
        self.dead += 1
        self._sent.append(dead_letter(self._fold.dead_letter, raw, origin, cause, detail))

    def _take_repair(self, raw: Raw) -> None:
        """A dead letter comes back: its key goes on. One without a value only lets the key go on."""
        if raw.key is not None and raw.key in self.store.parked:
            self.store.unpark(raw.key)
        if not raw.value:
            return
        try:
            topic, number, offset = origin_of(raw)
        except ValueError as error:
            self._bury(raw, (raw.topic, raw.partition, raw.offset), "no-origin", str(error))
            return
        try:
            type_, record = self._read(topic, raw)
        except Refused as refused:
            self._bury(raw, (topic, number, offset), refused.cause, str(refused))
            return
        self._step(raw, Message(topic, number, offset, raw.key or b"", type_, record, True))

    def _take_tick(self, raw: Raw) -> None:
        try:
            _, tick = self._decode_patiently(raw.topic, raw)
        except Refused as refused:
            self._bury(raw, (raw.topic, raw.partition, raw.offset), refused.cause, str(refused))
            return
        if tick["time"] > max(self.store.now, self.held[-1].time if self.held else 0):
            ends = {topic: end for topic, end in tick["ends"].items() if topic in self._fold.inputs}
            self.held.append(HeldTick(raw.offset, tick["time"], ends))

    # --- timers

    def fire(self) -> bool:
        """Lets woken keys and released ticks fire. True: there is more to do at once, in the next group."""
        self._fire_woken()
        while self.held and self._released(self.held[0]):
            if not self._fire_due(self.held[0].time):
                return True
            self.store.now = self.held.popleft().time
            self.moved = True
        return bool(self.store.woken)

    def _released(self, tick: HeldTick) -> bool:
        if not tick.clamped and not self._has_read(tick):
            for topic in tick.ends:
                _, high = self._wire.bounds(topic, self.number)
                tick.ends[topic] = min(tick.ends[topic], high)
            tick.clamped = True
        return self._has_read(tick)

    def _has_read(self, tick: HeldTick) -> bool:
        return all(self.next[topic] >= end for topic, end in tick.ends.items())

    def _fire_woken(self) -> None:
        woken, self.store.woken = self.store.woken, []
        for key in woken:
            if key not in self.store.parked:
                self._timer(key, self.store.now)

    def _fire_due(self, now: int) -> bool:
        """Fires what is due in due order; False: stopped before the end, to keep the group small."""
        for _ in range(FIRED_AT_ONCE):
            key = self.store.next_due(now)
            if key is None:
                return True
            self._timer(key, now)
            if self.store.untouched and self.store.next_due(now) == key:
                self._park_timer(key, "its timer does not move")
            if len(self._sent) > FIRED_AT_ONCE:
                return False
        return False

    def _timer(self, key: bytes, now: int) -> None:
        mark = len(self._sent)
        self.moved = True
        self.store.begin()
        try:
            self._fold.timer(key, now, self.store, self._out)
        except Exception as error:
            self._undo(mark)
            log.error("timer failed, key parked: %s", type(error).__name__)
            self._park_timer(key, _describe(error))

    def _park_timer(self, key: bytes, detail: str) -> None:
        self.store.park(key, detail)
        tick = Raw(self._fold.ticks or "", self.number, -1, key, b"", list)
        self._bury(tick, (tick.topic, self.number, -1), "timer-failed", detail)

    # --- groups

    def seal(self) -> Iterator[tuple[bytes, bytes]]:
        """The changelog records of a group that ends here: states, then the marker."""
        self.group += 1
        yield from self.store.seal(self.group)
        yield self.mark()

    def mark(self) -> tuple[bytes, bytes]:
        """Key and value of the record that makes what is before it count."""
        token, ledger, topic_ids = self.claim
        marker = Marker(token, self.group, self.stored_positions(), topic_ids, self.store.now, ledger)
        return MARKER + token, marker.pack()

    def stored_positions(self) -> dict[str, int]:
        """Where to read on after a crash: a tick that waits has not been read."""
        ticks = self._fold.ticks
        if not self.held or ticks is None:
            return dict(self.next)
        return {**self.next, ticks: self.held[0].offset}


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
