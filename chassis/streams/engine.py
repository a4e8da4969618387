"""The engine: folds chunks of records over the partitions it owns, state and position as one.

Host-independent and single-threaded: a host gives it partitions and records, one call at a time.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Generic, TypeVar

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.streams.changelog import CLAIM, Loaded, Replay
from chassis.streams.contract import Fold, Positions, Raw, new
from chassis.streams.groups import Change, Groups
from chassis.streams.losses import error_of, loss_in
from chassis.streams.metrics import ProcessorMetrics
from chassis.streams.outbox import Outgoing
from chassis.streams.partition import Claim, Partition, Parts
from chassis.streams.pulse import Pulse
from chassis.streams.store import PartitionStore
from chassis.streams.wire import NotCoPartitioned, Wire

S = TypeVar("S")

log = logging.getLogger(__name__)

PIECE = 4_000
"""Records that are read directly before they are committed: a gap may be long."""
STALLED_AFTER = 6.0
"""Seconds without progress below the end of a topic until the engine reads it directly."""
LAG_SHARE = 0.9
"""Share of min.compaction.lag.ms in which a record surely has not met the compaction."""


class Engine(Generic[S]):
    """One member's share of a fold. Any error that leaves a method is fatal: the process must end."""

    def __init__(self, fold: Fold[S], codec: Codec, catalogue: Catalogue, wire: Wire, pulse: Pulse) -> None:
        self._fold = fold
        self._wire = wire
        self._groups = Groups(wire, pulse, fold.changelog)
        self._sent: list[Outgoing] = []
        self._parts: Parts[S] = Parts(fold, codec, catalogue, wire, self._sent)
        self._owned: dict[int, Partition[S]] = {}
        self._progress: dict[tuple[str, int], tuple[int, float]] = {}
        self._metrics = ProcessorMetrics(fold.name)
        self.topics = [*fold.inputs, fold.repair, *([fold.ticks] if fold.ticks else [])]
        self.accepted: Set[str] = frozenset()
        """Topics whose losses a person has accepted."""
        self.more = False
        """There is work left that waits for no record: call `process` again at once."""

    # --- partitions come and go

    def assign(self, partitions: list[int]) -> dict[int, Positions]:
        """Claims and loads partitions; the positions from which each is to be read on. Blocks.

        Raises `TopicRecreated`, `NotCoPartitioned`, `SourceLost`.
        """
        if not partitions:
            return {}
        self.settle()
        ids = self._check_topics()
        loaded = self._load(partitions)
        for number, (token, found) in loaded.items():
            self._take_over(number, token, found, ids)
        self._wire.flush()
        self._tidy(loaded)
        log.info("%s: %d partitions loaded", self._fold.name, len(partitions))
        return {number: dict(self._owned[number].next) for number in partitions}

    def revoke(self, partitions: Iterable[int]) -> None:
        """Forgets partitions, and what of them is not safe yet: `settle` first while they are ours."""
        gone = set(partitions)
        self._groups.drop(gone)
        for number in gone:
            self._owned.pop(number, None)

    @property
    def owned(self) -> set[int]:
        """Numbers of the partitions that it folds."""
        return set(self._owned)

    def state(self, key: bytes, partition: int) -> S | None:
        """The state of a key in a partition that it owns."""
        return self._owned[partition].store.get(key)

    def states(self, partition: int) -> Iterator[tuple[bytes, S]]:
        """Every key and state of a partition that it owns."""
        store = self._owned[partition].store
        for key in store.keys(b""):
            if (state := store.get(key)) is not None:
                yield key, state

    def next(self, partition: int) -> Positions:
        """Next offset of every topic of a partition that it owns."""
        return self._owned[partition].next

    def _places(self) -> list[tuple[str, int]]:
        return [(topic, number) for topic in self.topics for number in self._owned]

    def partitions(self) -> int:
        """Number of partitions of its topics; raises `NotCoPartitioned`. Blocks."""
        return next(iter(self._wire.topic_ids([self._fold.changelog]).values()))[1]

    def hinted(self) -> Mapping[tuple[str, int], int]:
        """The offsets that the group's coordinator knows: where a host that trusts them starts. Blocks."""
        return self._wire.hinted(self._fold.name, self._places())

    def members(self, partition: int) -> set[bytes]:
        """Tokens of the earlier members on whose records a partition still rests."""
        return set(self._owned[partition].claim.ledger)

    def _check_topics(self) -> dict[str, str]:
        found = self._wire.topic_ids([*self.topics, self._fold.changelog])
        counts = {topic: count for topic, (_, count) in found.items()}
        if len(set(counts.values())) > 1:
            raise NotCoPartitioned(f"{self._fold.name}: {counts}")
        return {topic: id_ for topic, (id_, _) in found.items()}

    def _load(self, partitions: list[int]) -> dict[int, tuple[bytes, Loaded]]:
        changelog = self._fold.changelog
        replays = {number: Replay(os.urandom(8)) for number in partitions}
        for number, replay in replays.items():
            self._wire.produce(changelog, number, CLAIM + replay.token, replay.token)
        self._wire.flush()
        open_ = set(partitions)
        for record in self._wire.replay(changelog, partitions):
            replay = replays[record.partition]
            if replay.done:
                continue
            replay.feed(record.offset, record.timestamp, record.key, record.value)
            if replay.done:
                open_.discard(record.partition)
                if not open_:
                    break
        safe = int(time.time() * 1_000 - self._wire.compaction_lag(changelog) * LAG_SHARE)
        return {number: (replay.token, replay.finish(safe)) for number, replay in replays.items()}

    def _take_over(self, number: int, token: bytes, found: Loaded, ids: dict[str, str]) -> None:
        if found.lost:
            log.error(
                "%s: partition %d lost %d states to the compaction and is rebuilt from its sources",
                self._fold.name, number, len(found.lost),
            )  # fmt: skip
            found = Loaded(epoch=found.epoch, rewrite=set(found.states) | found.rewrite, forget=found.forget)
        store = PartitionStore(self._fold, token, found)
        positions = self._positions(number, found, ids)
        claim = Claim(token, found.ledger, {topic: ids[topic] for topic in self.topics})
        partition = Partition(number, self._parts, store, claim, positions)
        for key, value in store.rewritten(found.rewrite, partition.group):
            self._wire.produce(self._fold.changelog, number, key, value)
        self._wire.produce(self._fold.changelog, number, *partition.mark())
        self._owned[number] = partition

    def _positions(self, number: int, found: Loaded, ids: dict[str, str]) -> dict[str, int]:
        positions = {}
        for topic in self.topics:
            loss = loss_in(self._fold, self._wire, (topic, number), found, ids[topic])
            if loss is not None and topic not in self.accepted:
                raise error_of(loss)
            low, _ = self._wire.bounds(topic, number)
            positions[topic] = low if loss else max(found.positions.get(topic, low), low)
        return positions

    def _tidy(self, loaded: dict[int, tuple[bytes, Loaded]]) -> None:
        """Only now that the new marker counts may older ones go."""
        for number, (_, found) in loaded.items():
            for key in found.forget:
                self._wire.produce(self._fold.changelog, number, key, None)
        self._wire.flush()

    # --- records

    def process(self, chunk: Iterable[Raw]) -> None:
        """Folds a chunk over all partitions and commits it as one group. Blocks until it is safe."""
        self.advance(chunk)
        self.settle()

    def advance(self, chunk: Iterable[Raw]) -> None:
        """The same, but the group is safe only after the next call, or after `settle`."""
        owned = self._owned
        count = 0
        for raw in chunk:
            partition = owned.get(raw[1])
            if partition is None:
                continue
            ahead = raw[2] - partition.next[raw[0]]
            if ahead < 0:
                continue
            if ahead:
                self._fill_gap(partition, raw[0], raw[2])
            partition.take(raw)
            count += 1
        self._fire()
        self._commit()
        if count:
            self._metrics.chunk.observe(count)

    def settle(self) -> None:
        """Blocks until every group is safe."""
        self._groups.settle()

    def _fire(self) -> None:
        self.more = False
        for partition in self._owned.values():
            if (partition.held or partition.store.woken) and partition.fire():
                self.more = True

    def _fill_gap(self, partition: Partition[S], topic: str, stop: int) -> None:
        """Reads what the host did not bring; offsets that do not exist count as read."""
        missing = self._wire.read(topic, partition.number, partition.next[topic], stop)
        for count, raw in enumerate(missing, 1):
            partition.take(raw)
            if count % PIECE == 0:
                self._commit()
        partition.next[topic] = stop
        partition.moved = True

    def catch_up(self, number: int, stops: Positions) -> None:
        """Reads a partition directly up to before `stops` and commits: what the host will not bring.

        A stop beyond the end of the log (an offset that somebody committed by mistake) counts as the end.
        """
        partition = self._owned[number]
        for topic, stop in stops.items():
            if partition.next[topic] < stop:
                end = min(stop, self._wire.bounds(topic, number)[1])
                self._fill_gap(partition, topic, max(end, partition.next[topic]))
        self._fire()
        self._commit()
        self.settle()

    def nudge(self, idle: bool = True) -> bool:
        """Watches for topics that lie still below their end and reads them directly. Also tells the lag.

        The broker is asked for the ends: what a host knows of them stands still when it has stopped fetching.
        Not `idle`: the host is busy with other partitions. Call it every other second. True: there was one.
        """
        ends = self._wire.ends(self._places())
        now = time.monotonic()
        lay_still = False
        lags = dict.fromkeys(self.topics, 0)
        for partition in list(self._owned.values()):
            for topic, at in list(partition.next.items()):
                end = ends.get((topic, partition.number), 0)
                lags[topic] += max(0, end - at)
                seen, since = self._progress.get((topic, partition.number), (-1, now))
                if end <= at or seen != at or not idle:
                    self._progress[topic, partition.number] = (at, now)
                elif now - since > STALLED_AFTER:
                    log.warning(
                        "%s[%d] lies still at %d of %d: read directly", topic, partition.number, at, end
                    )
                    self.catch_up(partition.number, {topic: end})
                    lay_still = True
        self._tell(lags)
        return lay_still

    def _tell(self, lags: dict[str, int]) -> None:
        for topic, lag in lags.items():
            self._metrics.lag(topic, lag)
        stores = [partition.store for partition in self._owned.values()]
        self._metrics.parked.set(sum(len(store.parked) for store in stores))
        self._metrics.states.set(sum(len(store) for store in stores))

    def hint(self) -> dict[int, dict[str, int]]:
        """Positions that moved since the last call, for the group's coordinator; nothing rests on them."""
        moved = {n: p.stored_positions() for n, p in self._owned.items() if p.unhinted}
        for number in moved:
            self._owned[number].unhinted = False
        return moved

    def tell_age(self, timestamp: int) -> None:
        """Tells the metrics how old the last record is that was folded; milliseconds since the epoch."""
        self._metrics.behind.set(max(0.0, time.time() - timestamp / 1_000))

    # --- groups

    def _commit(self) -> None:
        """Outputs, wait, states and markers, wait: only then does the position move for good."""
        moved = [partition for partition in self._owned.values() if partition.moved]
        if not moved:
            return
        changes = [new(Change, (p.number, key, value)) for p in moved for key, value in p.seal()]
        self._groups.commit(self._sent, changes)
        self._metrics.outputs.inc(len(self._sent))
        self._sent.clear()
        for partition in moved:
            self._metrics.events.inc(partition.events)
            self._metrics.dead_letters.inc(partition.dead)
            partition.moved, partition.unhinted, partition.events, partition.dead = False, True, 0, 0
