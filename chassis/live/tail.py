"""The reader of a process: one thread that follows the topics and hands events to the clients."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog
from confluent_kafka import KafkaException

from chassis.colleagues import Scope
from chassis.consumer.records import Event, RawRecord, Refusal, tenant_of_key
from chassis.db import Contended, DatabaseUnavailable
from chassis.live.audience import Audience, Client, Shown
from chassis.live.positions import Place, Places, Vector
from chassis.live.source import Expired, assign, bounds, open_consumer, records

log = structlog.get_logger(__name__)

RawPlace = tuple[str, int, int]
"""Topic, partition, offset."""
Stored = Callable[[], Mapping[Place, int]]
"""Next offset of what is stored, for the places that have to wait for it."""
View = Callable[[Event], tuple[str, dict[str, Any]] | None]
ToldTo = Callable[[Scope], bool]
"""Whether somebody with that scope is told of an event."""
Audiences = Callable[[UUID, Sequence[Event]], Sequence[ToldTo]]
"""Who is told of events of a tenant. May block; raises DatabaseUnavailable."""


class Told(NamedTuple):
    """An event as it is shown, and to whom."""

    event: Event
    name: str
    data: str
    told_to: ToldTo


MOST_HELD = 20_000
"""Records that wait to be stored; then reading pauses, and the broker keeps the rest."""
ASK_STORED_SECONDS = 0.03
ERROR_SECONDS = 1.0
FIRST_SECONDS = 2.0


class LiveTail:
    """Follows topics from the end. A broker or database that is away only delays it."""

    def __init__(
        self,
        bootstrap: str,
        client: str,
        places: Places,
        *,
        decode: Callable[[RawRecord], Event | Refusal],
        view: View,
        audiences: Audiences,
        stored: Stored,
        waits: frozenset[str],
        stop: threading.Event,
    ) -> None:
        self.places = places
        self._bootstrap, self._client = bootstrap, client
        self._decode, self._view, self._stored = decode, view, stored
        self._audiences = audiences
        self._waits = frozenset(i for i, (topic, _) in enumerate(places.all) if topic in waits)
        self._read: list[int] = []
        self._released: Vector = ()
        self._limits: list[int] = []
        self._held: list[deque[RawRecord]] = [deque() for _ in places.all]
        self._asked = 0.0
        self._audience = Audience()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._stop = stop
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def start(self) -> None:
        """Begins to follow, until `stop`; then clients are sent away with a hint to come back."""
        self._started = time.monotonic()
        self._thread.start()

    @property
    def listeners(self) -> int:
        """Open streams."""
        return len(self._audience)

    def position(self) -> Vector | None:
        """Where the stream is now: all before it is stored. None when the broker was never reached.

        Blocks only within the reader's first two seconds.
        """
        patience = self._started + FIRST_SECONDS - time.monotonic()
        return self._released if self._ready.wait(max(0.0, patience)) else None

    def join(self, client: Client) -> Vector:
        """Adds a client, which hears of all events from the returned position on. The lock may block it."""
        with self._lock:
            self._audience.add(client)
            client.ending = self._stop.is_set()
            return self._released

    def leave(self, client: Client) -> None:
        """Removes a client; a no-op for one that has left."""
        with self._lock:
            self._audience.remove(client)

    def settled(self, client: Client) -> Vector | None:
        """The stream's position, if the client has been handed all before it."""
        with self._lock:
            return self._released if client.idle and not client.cut else None

    def told(self, tenant: UUID, raws: Sequence[RawRecord]) -> dict[RawPlace, Told]:
        """Records of a tenant as they are shown, by their places; without those that are not. Blocks."""
        shown = {(*raw.position, raw.offset): one for raw in raws if (one := self._shown(raw))}
        audiences = self._audience_of(tenant, [event for event, _, _ in shown.values()])
        pairs = zip(shown.items(), audiences, strict=True)
        return {place: Told(*one, told_to) for (place, one), told_to in pairs}

    def _audience_of(self, tenant: UUID, events: Sequence[Event]) -> Sequence[ToldTo]:
        try:
            return self._audiences(tenant, events) if events else ()
        except (DatabaseUnavailable, Contended):
            raise
        except Exception as error:
            # what nobody can be asked about is told to nobody, and the stream goes on
            log.error("live_without_audience", kind=type(error).__name__)
            return [_nobody] * len(events)

    def _shown(self, raw: RawRecord) -> tuple[Event, str, str] | None:
        """A record as event, name and data of what is shown; None for what is not."""
        try:
            event = self._decode(raw)
            seen = self._view(event) if isinstance(event, Event) else None
        except Exception as error:
            # one record that cannot be shown must not take the stream from everybody
            log.error("live_not_shown", topic=raw.topic, offset=raw.offset, kind=type(error).__name__)
            return None
        if seen is None or not isinstance(event, Event):
            return None
        return event, seen[0], orjson.dumps(seen[1]).decode()

    # --- the thread

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (KafkaException, DatabaseUnavailable, Contended) as error:
                log.warning("live_interrupted", cause=str(error))
                self._stop.wait(ERROR_SECONDS)
            except Expired as error:
                log.error("live_lost_its_place", cause=str(error))
                self._begin_again()
        self._tell_everybody("ending")

    def _follow(self) -> None:
        consumer = open_consumer(self._bootstrap, self._client)
        try:
            if not self._read:
                self._begin(bounds(consumer, self.places.all))
            assign(consumer, dict(zip(self.places.all, self._read, strict=True)))
            while not self._stop.is_set():
                self._step(consumer)
        finally:
            consumer.close()

    def _begin(self, found: Mapping[Place, tuple[int, int]]) -> None:
        """From the end; where effects are awaited from what is stored, for the rest is still to be shown."""
        stored = self._stored() if self._waits else {}
        for index, place in enumerate(self.places.all):
            low, high = found[place]
            start = min(max(stored.get(place, low), low), high) if index in self._waits else high
            self._read.append(start)
        self._limits = list(self._read)
        self._released = tuple(self._read)
        self._ready.set()

    def _begin_again(self) -> None:
        """After a loss that nothing can fill: from the end, and every client loads its lists again."""
        self._tell_everybody("cut")
        with self._lock:
            self._read, self._held = [], [deque() for _ in self.places.all]

    def _step(self, consumer: Any) -> None:
        waiting = any(self._held[index] for index in self._waits)
        if sum(map(len, self._held)) < MOST_HELD:
            self._hold(records(consumer.consume(500, 0.02 if waiting else 0.1)))
        else:
            self._stop.wait(ASK_STORED_SECONDS)
        if waiting or any(self._held[index] for index in self._waits):
            self._ask_stored()
        self._release()

    def _hold(self, raws: Iterable[RawRecord]) -> None:
        for raw in raws:
            index = self.places.index[raw.position]
            self._held[index].append(raw)
            self._read[index] = raw.offset + 1

    def _ask_stored(self) -> None:
        now = time.monotonic()
        if now - self._asked < ASK_STORED_SECONDS:
            return
        self._asked = now
        for place, offset in self._stored().items():
            if (index := self.places.index.get(place)) in self._waits:
                self._limits[index] = max(self._limits[index], offset)

    def _release(self) -> None:
        """Moves the position to what is stored, handing out what lies before it."""
        touched: set[Client] = set()
        told = self._told_of()
        with self._lock:
            vector = list(self._released)
            for index, held in enumerate(self._held):
                limit = self._limit(index)
                while held and held[0].offset < limit:
                    raw = held.popleft()
                    vector[index] = raw.offset + 1
                    touched |= self._hand_out(raw, index, vector, told)
                if not held:
                    vector[index] = max(vector[index], min(limit, self._read[index]))
            self._released = tuple(vector)
        for client in touched:
            client.wake()

    def _limit(self, index: int) -> int:
        return self._limits[index] if index in self._waits else self._read[index]

    def _told_of(self) -> dict[UUID, dict[RawPlace, Told]]:
        """What is to be released now, by tenants that somebody listens of; read before the lock is held."""
        with self._lock:
            listened = {client.tenant for client in self._audience.everybody()}
        due: dict[UUID, list[RawRecord]] = {tenant: [] for tenant in listened}
        for index, held in enumerate(self._held):
            for raw in takewhile(partial(_before, self._limit(index)), held):
                due.get(tenant_of_key(raw.key), []).append(raw)
        return {tenant: self.told(tenant, raws) for tenant, raws in due.items()}

    def _hand_out(
        self, raw: RawRecord, index: int, vector: list[int], told: Mapping[UUID, Mapping[RawPlace, Told]]
    ) -> set[Client]:
        if not (clients := self._audience.of(tenant := tenant_of_key(raw.key))):
            return set()
        known = told[tenant] if tenant in told else self.told(tenant, [raw])  # somebody joined in between
        if (found := known.get((*raw.position, raw.offset))) is None:
            return set()
        shown = Shown(found.name, found.data, index, raw.offset, tuple(vector))
        chosen = {one for one in clients if found.told_to(one.scope) and one.may_see(found.event)}
        for client in chosen:
            client.put(shown)
        return chosen

    def _tell_everybody(self, what: str) -> None:
        with self._lock:
            everybody = self._audience.everybody()
        for client in everybody:
            setattr(client, what, True)
            client.wake()


def _nobody(_: Scope) -> bool:
    return False


def _before(limit: int, raw: RawRecord) -> bool:
    return raw.offset < limit


def of_tenant(raw: RawRecord, tenant: UUID) -> bool:
    """Whether a record's key begins with the tenant."""
    return tenant_of_key(raw.key) == tenant
