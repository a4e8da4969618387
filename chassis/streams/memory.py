"""The log in memory, for tests of folds and engine without a broker; one test holds it equal to Kafka."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from chassis.streams.contract import Headers, Raw
from chassis.streams.wire import ChangelogRecord, Place, Undelivered


class Kept(NamedTuple):
    """A record in the log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None


class MemoryLog:
    """All topics of a test; make as many `MemoryWire` over it as there are members."""

    def __init__(self, partitions: int = 1) -> None:
        self.partitions = partitions
        self.records: dict[tuple[str, int], list[Kept]] = defaultdict(list)
        self.ids: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self._next: dict[tuple[str, int], int] = defaultdict(int)
        self._lock = threading.Lock()

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers | None = None,
    ) -> int:
        """Writes a record; its offset."""
        with self._lock:
            at = topic, partition
            offset = self._next[at]
            self._next[at] = offset + 1
            self.records[at].append(Kept(offset, int(time.time() * 1_000), key, value, headers))
            return offset

    def end(self, topic: str, partition: int) -> int:
        """Next offset to be written."""
        return self._next[topic, partition]

    def compact(self, topic: str, partition: int) -> None:
        """Keeps the last record of every key, as a broker does when the lag has passed."""
        last = {kept.key: kept for kept in self.records[topic, partition]}
        self.records[topic, partition] = sorted(last.values(), key=lambda kept: kept.offset)

    def drop_before(self, topic: str, partition: int, offset: int) -> None:
        """Retention: older records are gone."""
        at = topic, partition
        self.records[at] = [kept for kept in self.records[at] if kept.offset >= offset]

    def recreate(self, topic: str) -> None:
        """Deletes a topic and makes it again."""
        for partition in range(self.partitions):
            self.records[topic, partition].clear()
            self._next[topic, partition] = 0
        self.ids[topic] = self.ids.get(topic, topic) + "'"

    def raws(self, topic: str, partition: int, start: int = 0, stop: int | None = None) -> list[Raw]:
        """Records as a host would bring them."""
        return [
            Raw(topic, partition, kept.offset, kept.key, kept.value, lambda kept=kept: kept.headers)  # type: ignore[misc]
            for kept in self.records[topic, partition]
            if kept.offset >= start and (stop is None or kept.offset < stop)
        ]


class MemoryWire:
    """`Wire` of one member. What it queued becomes visible at `flush`, as with a broker."""

    def __init__(self, log: MemoryLog, lag: int = 7 * 86_400_000) -> None:
        self._log = log
        self._lag = lag
        self._queue: list[tuple[str, int, bytes | None, bytes | None, Headers | None]] = []
        self.refuse_after: int | None = None
        """Failpoint: so many more records are taken, then the broker is gone."""

    def produce(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers | None = None,
    ) -> None:
        """See `Wire`."""
        self._queue.append((topic, partition, key, value, headers))

    def flush(self) -> None:
        """See `Wire`."""
        queue, self._queue = self._queue, []
        for record in queue:
            if self.refuse_after is not None:
                if not self.refuse_after:
                    raise Undelivered("the broker is gone")
                self.refuse_after -= 1
            self._log.append(*record)

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Raw]:
        """See `Wire`."""
        yield from self._log.raws(topic, partition, start, stop)

    def replay(self, topic: str, partitions: list[int]) -> Iterator[ChangelogRecord]:
        """See `Wire`."""
        for partition in partitions:
            for kept in list(self._log.records[topic, partition]):
                yield ChangelogRecord(partition, kept.offset, kept.timestamp, kept.key or b"", kept.value)

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """See `Wire`."""
        records, end = self._log.records[topic, partition], self._log.end(topic, partition)
        return (records[0].offset if records else end), end

    def ends(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """See `Wire`."""
        return {place: self._log.end(*place) for place in places}

    def topic_ids(self, topics: list[str]) -> Mapping[str, tuple[str, int]]:
        """See `Wire`."""
        log = self._log
        return {t: (log.ids.get(t, t), log.counts.get(t, log.partitions)) for t in topics}

    def compaction_lag(self, topic: str) -> int:
        """See `Wire`."""
        return self._lag

    def hinted(self, group: str, places: Iterable[Place]) -> Mapping[Place, int]:
        """See `Wire`. Nobody commits here."""
        return {}
