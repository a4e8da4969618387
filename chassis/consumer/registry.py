"""Which function answers which record: declared by a service at import, run by the loop."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from typing import Any, NamedTuple, TypeVar

from chassis.consumer.records import Event, RawRecord
from chassis.db import UnitOfWork
from chassis.runtime import Runtime

OnEvent = Callable[[UnitOfWork, Event], None] | Callable[[UnitOfWork, Event, Runtime], None]
OnBatch = (
    Callable[[UnitOfWork, Sequence[Event]], None] | Callable[[UnitOfWork, Sequence[Event], Runtime], None]
)
OnRaw = (
    Callable[[UnitOfWork, Sequence[RawRecord]], None]
    | Callable[[UnitOfWork, Sequence[RawRecord], Runtime], None]
)
One = TypeVar("One", bound=OnEvent)
Many = TypeVar("Many", bound=OnBatch)
Raw = TypeVar("Raw", bound=OnRaw)


@dataclass(frozen=True)
class Handler:
    """How records of one type are answered: one call for each, or one for many."""

    answer: Callable[..., None]
    single: bool
    resent: bool
    """Whether ids are remembered, because the writer may send the same event again."""

    def run(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        """Calls the function; what an event publishes names it as its cause.

        Of many answered at once none is named, unless the handler says which.
        """
        if not self.single:
            uow.follow(None, None, None)
            self.answer(uow, events)
            return
        for event in events:
            uow.follow(event.id, event.trace, event.headers.get("correlationid"))
            self.answer(uow, event)


class Lane(NamedTuple):
    """Topics that one member reads together."""

    group: str
    """Name of the group that Kafka shares their partitions among."""
    topics: Sequence[str]
    busy: bool = False
    """Whether something always comes, so that a fetch is worth waiting for company."""


class Consumers:
    """The handlers of one consumer group.

    A record type of a topic that has no handler here is passed over and counted. Bytes that are no record
    of the topic are never passed over: they go to the dead letters.

    A handler that needs its process (the vault, the contract) takes a third argument, `runtime`.
    """

    def __init__(self, group: str, *, busy: Iterable[str] = ()) -> None:
        """`busy` are topics that get a lane of their own; see `lanes`."""
        self.group, self.busy = group, frozenset(busy)
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.raw: dict[str, Callable[..., None]] = {}

    def on(self, topic: str, *types: str, resent: bool = True) -> Callable[[One], One]:
        """Declares `handler(uow, event)` for types of records, called once per event, in order per key.

        What it raises parks the event's key, unless it is the surroundings'. `resent=False` spares the inbox
        where the handler itself ignores repeats (by version, or epoch and sequence).
        """

        def declare(handler: One) -> One:
            self._add(topic, types, Handler(handler, True, resent))
            return handler

        return declare

    def on_batch(self, topic: str, *types: str, resent: bool = True) -> Callable[[Many], Many]:
        """Declares `handler(uow, events)`: events of one tenant and type, in order per key.

        They are as many of a batch as keep that order, whatever came between them under other keys.
        """

        def declare(handler: Many) -> Many:
            self._add(topic, types, Handler(handler, False, resent))
            return handler

        return declare

    def on_raw(self, topic: str) -> Callable[[Raw], Raw]:
        """Declares `handler(uow, records)` for a topic with foreign writers: undecoded, not deduplicated.

        The unit belongs to nobody; `uow.within(tenant)` gives one of a tenant in the same transaction.
        """

        def declare(handler: Raw) -> Raw:
            self.raw[topic] = handler
            return handler

        return declare

    @property
    def topics(self) -> list[str]:
        """Every topic that has a handler."""
        return sorted({topic for topic, _ in self.handlers} | set(self.raw))

    @property
    def lanes(self) -> list[Lane]:
        """Busy topics apart from the others: a fetch asks for every partition of its lane, each time anew.

        So a topic in which something always comes would make the broker look through all the quiet ones.
        Positions, parked keys and ids seen are the group's, whatever lane a topic is in. Raises ValueError
        for a busy topic that has no handler.
        """
        if unread := self.busy.difference(self.topics):
            raise ValueError(f"{self.group} has no handler for its busy topics {sorted(unread)}")
        quiet, busy = (
            [topic for topic in self.topics if (topic in self.busy) is apart] for apart in (False, True)
        )
        named = Lane(self.group, quiet), Lane(f"{self.group}.busy", busy, busy=True)
        return [lane for lane in named if lane.topics]

    def within(self, runtime: Runtime) -> "Consumers":
        """The same handlers in a process: those that need it are given it."""
        found = Consumers(self.group, busy=self.busy)
        for at, handler in self.handlers.items():
            found.handlers[at] = replace(handler, answer=_given(handler.answer, runtime))
        found.raw = {topic: _given(answer, runtime) for topic, answer in self.raw.items()}
        return found

    def _add(self, topic: str, types: Iterable[str], handler: Handler) -> None:
        for type in types:
            if (topic, type) in self.handlers:
                raise ValueError(f"{type} of {topic} has a handler already")
            self.handlers[topic, type] = handler


def _given(answer: Callable[..., Any], runtime: Runtime) -> Callable[..., Any]:
    needs = "runtime" in signature(answer).parameters
    return partial(answer, runtime=runtime) if needs else answer
