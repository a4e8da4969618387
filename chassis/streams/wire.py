"""What the engine needs of the log, whatever carries it, and the errors that end a processor."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from chassis.streams.contract import Headers, Raw

Place = tuple[str, int]
"""Topic and partition."""


class StreamError(Exception):
    """Something around the processor is wrong: the process ends, nothing unfinished is acknowledged."""


class Undelivered(StreamError):
    """The broker refused records or did not acknowledge them in time."""


class SourceLost(StreamError):
    """A stored position lies outside what its topic still has: retention overtook it, or it was cut."""


class TopicRecreated(StreamError):
    """A topic is not the one whose positions are stored: it was deleted and made again."""


class NotCoPartitioned(StreamError):
    """The topics of a fold have other numbers of partitions than each other."""


class Frozen(StreamError):
    """The process stood still so long that another member may own its partitions."""


class ChangelogRecord(NamedTuple):
    """A record of a changelog partition."""

    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes | None


class Wire(Protocol):
    """The log."""

    def produce(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers | None = None,
    ) -> None:
        """Queues a record for exactly this partition. May block while the queue is full."""

    def flush(self) -> None:
        """Blocks until everything queued is acknowledged; raises `Undelivered` if anything was refused."""

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Raw]:
        """The records from `start` to before `stop` that exist; blocks."""

    def replay(self, topic: str, partitions: list[int]) -> Iterator[ChangelogRecord]:
        """Every record of these partitions from the beginning, without end: the caller stops. Blocks."""

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset that exists and the next one to be written."""

    def ends(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """The next offset of each partition, asked for at once; empty when nobody can say just now."""

    def topic_ids(self, topics: list[str]) -> Mapping[str, tuple[str, int]]:
        """Topic to its id (another one once it was made again) and its number of partitions."""

    def compaction_lag(self, topic: str) -> int:
        """min.compaction.lag.ms of the topic: younger records never meet the compaction."""

    def hinted(self, group: str, places: Iterable[Place]) -> Mapping[Place, int]:
        """Offsets that a consumer group has committed there, where it has; empty when nobody can say."""
