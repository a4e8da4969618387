"""The groups under way: of each, outputs first, and its states and markers once these are safe."""

from typing import NamedTuple

from chassis.streams.outbox import Outgoing
from chassis.streams.pulse import Pulse
from chassis.streams.wire import Wire


class Change(NamedTuple):
    """A record of the changelog that waits for the outputs before it."""

    partition: int
    key: bytes
    value: bytes


class Groups:
    """Two groups overlap: while the broker takes the outputs of one, the next is folded.

    So what a crash may repeat is two groups; what it may lose is still nothing.
    """

    def __init__(self, wire: Wire, pulse: Pulse, changelog: str) -> None:
        self._wire = wire
        self._pulse = pulse
        self._changelog = changelog
        self._waiting: list[Change] = []
        self._unsettled = False

    def commit(self, outputs: list[Outgoing], changes: list[Change]) -> None:
        """Lets a group go. Blocks until the outputs of the one before it are safe."""
        self._write_changes()
        if outputs:
            self._pulse.check()
        produce = self._wire.produce
        for topic, number, key, value, headers in outputs:
            produce(topic, number, key, value, headers)
        self._waiting, self._unsettled = changes, True

    def settle(self) -> None:
        """Blocks until every group is safe. What has failed once is not tried again: the process ends."""
        self._write_changes()
        self._flush()

    def drop(self, partitions: set[int]) -> None:
        """Forgets what waits of partitions that are another member's now."""
        self._waiting = [change for change in self._waiting if change.partition not in partitions]

    def _write_changes(self) -> None:
        changes, self._waiting = self._waiting, []
        if not changes:
            return
        self._flush()
        self._pulse.check()
        produce, changelog = self._wire.produce, self._changelog
        for number, key, value in changes:
            produce(changelog, number, key, value)
        self._unsettled = True

    def _flush(self) -> None:
        unsettled, self._unsettled = self._unsettled, False
        if unsettled:
            self._wire.flush()
