"""Which function answers which record: declared by a service at import, run by the loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chassis.consumer.records import Event, RawRecord
from chassis.db import UnitOfWork

OnEvent = Callable[[UnitOfWork, Event], None]
OnBatch = Callable[[UnitOfWork, Sequence[Event]], None]
OnRaw = Callable[[UnitOfWork, Sequence[RawRecord]], None]


@dataclass(frozen=True)
class Handler:
    """How records of one type are answered: one call for each, or one for those that follow each other."""

    single: OnEvent | None
    batch: OnBatch | None
    resent: bool
    """Whether ids are remembered, because the writer may send the same event again."""

    def run(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        """Calls the function; what an event publishes names it as its cause."""
        if self.batch:
            self.batch(uow, events)
        if self.single:
            for event in events:
                uow.follow(event.id, event.trace, event.headers.get("correlationid"))
                self.single(uow, event)


class Consumers:
    """The handlers of one consumer group.

    A record type of a topic that has no handler here is passed over and counted. Bytes that are no record
    of the topic are never passed over: they go to the dead letters.
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.raw: dict[str, OnRaw] = {}

    def on(self, topic: str, type: str, *, resent: bool = True) -> Callable[[OnEvent], OnEvent]:
        """Declares `handler(uow, event)`, called once per event, in order per key.

        What it raises parks the event's key, unless it is the surroundings'. `resent=False` spares the inbox
        where the handler itself ignores repeats (by version, or epoch and sequence).
        """

        def declare(handler: OnEvent) -> OnEvent:
            self._add(topic, type, Handler(handler, None, resent))
            return handler

        return declare

    def on_batch(self, topic: str, type: str, *, resent: bool = True) -> Callable[[OnBatch], OnBatch]:
        """Declares `handler(uow, events)`: events of one tenant and type that follow each other, in order."""

        def declare(handler: OnBatch) -> OnBatch:
            self._add(topic, type, Handler(None, handler, resent))
            return handler

        return declare

    def on_raw(self, topic: str) -> Callable[[OnRaw], OnRaw]:
        """Declares `handler(uow, records)` for a topic with foreign writers: undecoded, not deduplicated.

        The unit belongs to nobody; `uow.within(tenant)` gives one of a tenant in the same transaction.
        """

        def declare(handler: OnRaw) -> OnRaw:
            self.raw[topic] = handler
            return handler

        return declare

    @property
    def topics(self) -> list[str]:
        """Every topic that has a handler."""
        return sorted({topic for topic, _ in self.handlers} | set(self.raw))

    def _add(self, topic: str, type: str, handler: Handler) -> None:
        if (topic, type) in self.handlers:
            raise ValueError(f"{type} of {topic} has a handler already")
        self.handlers[topic, type] = handler
