"""One batch, one transaction: effects, ids seen, outgoing events and positions together (G4, G7)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from chassis.consumer import inbox, offsets
from chassis.consumer.inbox import Order
from chassis.consumer.metrics import consumer_metrics
from chassis.consumer.records import Event, Item, Position, RawRecord, Refusal, inbox_id
from chassis.consumer.registry import Consumers
from chassis.db import Database, Transaction, UnitOfWork
from chassis.dead_letters.table import Letter, keep, park
from chassis.failpoints import reached
from chassis.ids import NOBODY

Kind = tuple[str, str | None]


class Batch:
    """Applies items of a group. Remembers where it was, so that a failure has a place."""

    def __init__(self, database: Database, consumers: Consumers) -> None:
        self._database, self._consumers = database, consumers
        self._group = consumers.group
        self._metrics = consumer_metrics()
        self._outcomes: list[tuple[str, str, int]] = []
        self._passed: dict[Position, int] = {}
        """Ends of what no handler wants, not stored yet: read again it would be passed over again."""
        self.at: Sequence[Item] = ()
        """What was being handled when the last attempt failed; empty where that cannot be told."""

    def apply(self, items: Sequence[Item], expected: dict[Position, int]) -> None:
        """Applies items and moves their positions, in one transaction; updates `expected` after the commit.

        Where no handler wants any of them it needs none: their positions go with the next one.
        Raises what a handler raises, Overtaken, DatabaseUnavailable or Contended: then nothing has happened.
        """
        wanted = [item for item in items if self._wanted(item)]
        if wanted:
            with self._moving(items, expected) as work:
                for tenant, own in _by_tenant(wanted).items():
                    with work.unit_of_work(tenant, f"system:{self._group}") as uow:
                        self._tenant(uow, own)
        else:
            self._passed |= _ends(items)
        for item in items:
            if not self._wanted(item):
                self._metrics.events.labels(self._group, item.raw.topic, "no handler").inc()

    def store_passed(self, expected: dict[Position, int]) -> None:
        """Moves positions over what no handler wanted: none falls behind its topic. Raises as `apply`."""
        if self._passed:
            with self._moving((), expected):
                pass

    def put_aside(self, item: Item, letter: Letter, expected: dict[Position, int]) -> None:
        """Keeps an item that cannot be applied, parks its key and moves on. Raises as `apply`."""
        with (
            self._moving([item], expected) as work,
            work.unit_of_work(item.tenant, f"system:{self._group}") as uow,
        ):
            self._arrive(uow, [item])
            self._put_aside(uow, [letter], {item.raw.order})

    def _tenant(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        seen = self._arrive(uow, items)
        letters: list[Letter] = []
        parking: set[Order] = set()
        for run in gathered(self._admitted(items, seen, letters, parking)):
            self.at = run
            self._run(uow, kind(run[0]), run)
        self.at = ()
        self._put_aside(uow, letters, parking)

    def _admitted(
        self, items: Sequence[Item], seen: "_Seen", letters: list[Letter], parking: set[Order]
    ) -> Iterator[Item]:
        """Items that a handler is to see; the others are noted as letters, or counted."""
        for item in items:
            raw = item.raw
            if isinstance(item, Event) and seen.before(item):
                self._count(raw, "repeated")
            elif raw.order in seen.parked:
                letters.append(Letter.of(self._group, raw, "follows", "an earlier record of its key waits"))
            elif isinstance(item, Refusal):
                letters.append(Letter.of(self._group, raw, item.cause, item.detail))
                if item.parks:
                    seen.parked.add(raw.order)
                    parking.add(raw.order)
            else:
                yield item

    def _wanted(self, item: Item) -> bool:
        return not isinstance(item, Event) or (item.topic, item.type) in self._consumers.handlers

    def _arrive(self, uow: UnitOfWork, items: Sequence[Item]) -> "_Seen":
        """Remembers the ids of these items and asks which of their keys wait."""
        if uow.tenant == NOBODY:  # no aggregate, so nothing to wait for; positions alone keep repeats out
            return _Seen(set(), set(), set())
        ids = {inbox_id(item) for item in items if isinstance(item, Event) and self._resent(item)}
        return _Seen(ids, *inbox.arrive(uow, self._group, ids, {item.raw.order for item in items}))

    def _resent(self, event: Event) -> bool:
        return self._consumers.handlers[event.topic, event.type].resent

    def _run(self, uow: UnitOfWork, of: Kind, items: Sequence[Item]) -> None:
        topic, type = of
        if type is None:
            self._consumers.raw[topic](uow, [item.raw for item in items])
        else:
            handler = self._consumers.handlers[topic, type]
            events = [item for item in items if isinstance(item, Event)]
            for part in [[event] for event in events] if handler.single else [events]:
                self.at = part
                handler.run(uow, part)
        self._count(items[0].raw, "applied", len(items))

    def _put_aside(self, uow: UnitOfWork, letters: Sequence[Letter], parking: set[Order]) -> None:
        keep(uow, letters)
        if uow.tenant != NOBODY:
            park(uow, self._group, {(topic, key) for topic, key in parking if key is not None})
        for letter in letters:
            self._outcomes.append((letter.topic, "parked", 1))
            self._metrics.dead_letters.labels(self._group, letter.cause).inc()

    @contextmanager
    def _moving(self, items: Sequence[Item], expected: dict[Position, int]) -> Iterator[Transaction]:
        self.at = ()
        self._outcomes.clear()
        passed = {place: end for place, end in self._passed.items() if end > expected.get(place, end)}
        ends = {**passed, **_ends(items)}
        with self._database.transaction() as work:
            offsets.move(work.session, self._group, expected, ends)
            yield work
            reached("consumer.before_commit")
        reached("consumer.after_commit")
        expected.update(ends)
        self._passed.clear()
        for topic, outcome, number in self._outcomes:
            self._metrics.events.labels(self._group, topic, outcome).inc(number)

    def _count(self, raw: RawRecord, outcome: str, number: int = 1) -> None:
        self._outcomes.append((raw.topic, outcome, number))


def _ends(items: Iterable[Item]) -> dict[Position, int]:
    return {item.raw.position: item.raw.offset + 1 for item in items}


def kind(item: Item) -> Kind:
    """What the items of one call have in common: topic and type; no type in a topic with foreign writers."""
    return item.raw.topic, item.type if isinstance(item, Event) else None


def gathered(items: Iterable[Item]) -> list[list[Item]]:
    """Items in runs of one kind, as few as keep the order of every key: many writers make few calls."""
    runs: list[list[Item]] = []
    open_runs: dict[Kind, int] = {}
    last: dict[Order, int] = {}
    for item in items:
        run = open_runs.get(kind(item), -1)
        if run < last.get(item.raw.order, 0):  # what came before it under its key is answered later
            run = open_runs[kind(item)] = len(runs)
            runs.append([])
        runs[run].append(item)
        last[item.raw.order] = run
    return runs


class _Seen:
    """What the inbox says of a tenant's items."""

    def __init__(self, asked: set[UUID], fresh: set[UUID], parked: set[Order]) -> None:
        self._asked, self._fresh, self.parked = asked, fresh, parked

    def before(self, event: Event) -> bool:
        """Whether the event was applied or put aside before, or a moment ago in this batch."""
        id = inbox_id(event)
        if id in self._fresh:
            self._fresh.remove(id)
            return False
        return id in self._asked


def _by_tenant(items: Sequence[Item]) -> dict[UUID, list[Item]]:
    """Items by tenant, each tenant's in their order; tenants in one order for all members."""
    groups: dict[UUID, list[Item]] = {}
    for item in items:
        groups.setdefault(item.tenant, []).append(item)
    return dict(sorted(groups.items()))
