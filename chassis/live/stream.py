"""The stream as HTTP: Server-Sent Events with ids to come back with."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import structlog
from confluent_kafka import KafkaException
from fastapi import Request
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette import types
from starlette.concurrency import run_in_threadpool

from chassis.auth import Caller
from chassis.colleagues import EVERYTHING, Scope, scope_of
from chassis.consumer import offsets
from chassis.consumer.records import Decoder, Event, RawRecord
from chassis.db import Contended, DatabaseUnavailable, UnitOfWork
from chassis.http.contract import edge
from chassis.http.problems import Problem, unavailable
from chassis.live.audience import Client, Shown
from chassis.live.positions import Place, Places, Stamps, Vector
from chassis.live.source import CatchUp, Expired
from chassis.live.tail import LiveTail, ToldTo, View, of_tenant

T = TypeVar("T")

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 15 * 60.0
"""A stream then ends and its client comes back with a fresh token."""
MOST_STREAMS = 2_000
SCOPE_SECONDS = 30.0
"""For so long a stream goes by what its caller might see at the last look."""
SEND_SECONDS = 20.0
AT_ONCE = 4
"""Clients that read privately at the same time; others wait for their turn."""


def _everybody(caller: Caller, event: Event) -> bool:
    return True


@dataclass(frozen=True, eq=False)
class Live:
    """A live stream, declared; its reader is made with the first request of a process. See the package."""

    topics: tuple[str, ...]
    view: View
    stored_by: Mapping[str, str] = field(default_factory=dict)
    visible: Callable[[Caller, Event], bool] = _everybody
    """Whether a caller may see an event of the own tenant. Does not block: it is asked for every client."""
    audiences: Callable[[UnitOfWork, Sequence[Event]], Sequence[ToldTo]] | None = None
    """Which scopes show what events of a tenant tell of, asked for many at once; None: all scopes."""

    async def serve(self, request: Request, caller: Caller) -> EventSourceResponse:
        """The stream, from the header Last-Event-ID or the query parameter `position`, else from now.

        Raises Problem 503 when the broker was never reached or too many streams are open.
        """
        here = await run_in_threadpool(self._station, request)
        if await run_in_threadpool(here.tail.position) is None:
            raise unavailable("The live stream is not there yet.", retry_after=5)
        if here.tail.listeners >= MOST_STREAMS:
            raise unavailable("Too many live streams are open.", retry_after=30)
        since = request.headers.get("last-event-id") or request.query_params.get("position")
        scope = await run_in_threadpool(here.scope, caller)
        events = _Stream(here, caller, scope, lambda event: self.visible(caller, event)).events(since)
        return _Response(events, ping=0, send_timeout=SEND_SECONDS, shutdown_grace_period=5)

    def position(self, request: Request) -> str | None:
        """A dependency: where to listen from, for a list that is read after this. None without a broker."""
        caller = request.state.caller
        if caller is None:
            raise Problem(401)
        here = self._station(request)
        now = here.tail.position()
        return None if now is None else here.stamps.write(now, caller.tenant)

    def _station(self, request: Request) -> "_Station":
        here = edge(request)
        with here.once:
            station = here.shared.get(self)
            if station is None:
                station = here.shared[self] = _Station(self, here.runtime, here.positions)
                station.tail.start()
        assert isinstance(station, _Station)
        return station


class _Station:
    """What the streams of one declaration share within a process."""

    def __init__(self, live: Live, runtime: Any, signer: Any) -> None:
        self._live, self._database = live, runtime.database
        self.bootstrap = runtime.settings.kafka_bootstrap
        self.client = f"{runtime.settings.instance}-live"
        self.places = Places.of({name: runtime.catalogue.topic(name).partitions for name in live.topics})
        self.stamps = Stamps(signer, self.places)
        self.private = asyncio.Semaphore(AT_ONCE)
        self.tail = LiveTail(
            self.bootstrap,
            self.client,
            self.places,
            decode=Decoder(runtime.codec, runtime.catalogue, "live").decode,
            view=live.view,
            audiences=self.audiences,
            stored=lambda: _stored(runtime.database, live.stored_by, self.places),
            waits=frozenset(live.stored_by),
            stop=runtime.stop,
        )

    def scope(self, caller: Caller) -> Scope:
        """What a caller may see now. Blocks."""
        if self._live.audiences is None:
            return EVERYTHING
        return self._in_tenant(caller.tenant, lambda uow: scope_of(uow, caller))

    def audiences(self, tenant: UUID, events: Sequence[Event]) -> Sequence[ToldTo]:
        """Who is told of events. Blocks."""
        if (asked := self._live.audiences) is None:
            return [lambda scope: True] * len(events)
        return self._in_tenant(tenant, lambda uow: asked(uow, events))

    def _in_tenant(self, tenant: UUID, work: Callable[[UnitOfWork], T]) -> T:
        with self._database.unit_of_work(tenant, "system:live") as uow:
            return work(uow)


def _stored(database: Any, stored_by: Mapping[str, str], places: Places) -> dict[Place, int]:
    """Next offsets that the groups have stored. Blocks; raises DatabaseUnavailable."""
    found: dict[Place, int] = {}
    with database.transaction() as work:
        for group in set(stored_by.values()):
            mine = [place for place in places.all if stored_by.get(place[0]) == group]
            rows = offsets.load(work.session, group, mine)
            found |= {place: next_offset for place, (next_offset, _) in rows.items()}
    return found


class _Stream:
    """One client's stream."""

    def __init__(
        self, here: _Station, caller: Caller, scope: Scope, may_see: Callable[[Event], bool]
    ) -> None:
        self._here, self._caller = here, caller
        self._tenant = caller.tenant
        self._client = Client(caller.tenant, may_see, scope)
        self._looked = time.monotonic()
        self._at: list[int] = []

    async def events(self, since: str | None) -> AsyncGenerator[ServerSentEvent, None]:
        """What is sent, until the client, the process or the time for one connection ends."""
        joined = await run_in_threadpool(self._here.tail.join, self._client)
        try:
            async with contextlib.aclosing(self._all(since, joined)) as all_:
                async for event in all_:
                    yield event
            yield ServerSentEvent(retry=random.randint(500, 3000), comment="come back")  # noqa: S311
        finally:
            self._here.tail.leave(self._client)

    async def _all(self, since: str | None, joined: Vector) -> AsyncGenerator[ServerSentEvent, None]:
        start = self._here.stamps.read(since, self._tenant) if since else joined
        self._at = list(start or joined)
        if start is None:
            yield self._reset("unknown position", joined)
        else:
            yield ServerSentEvent(id=self._id(), retry=2000)
            async for event in self._missed(joined):
                yield event
        async for event in self._live():
            yield event

    async def _missed(self, joined: Vector) -> AsyncGenerator[ServerSentEvent, None]:
        """What happened between the client's position and its joining."""
        gap = zip(self._here.places.all, self._at, joined, strict=True)
        wanted = {place: (mine, now) for place, mine, now in gap if mine != now}
        if not wanted:
            return
        try:
            async with self._here.private, contextlib.aclosing(self._private(wanted)) as raws:
                async for found in raws:
                    for event in await run_in_threadpool(self._private_events, found):
                        yield event
            self._at = [max(mine, now) for mine, now in zip(self._at, joined, strict=True)]
        except Expired as error:
            yield self._reset(str(error), joined)
        except (KafkaException, DatabaseUnavailable, Contended) as error:
            log.warning("live_catch_up_failed", cause=str(error))
            self._client.cut = True

    async def _private(
        self, wanted: Mapping[Place, tuple[int, int]]
    ) -> AsyncGenerator[list[RawRecord], None]:
        reader = await run_in_threadpool(
            CatchUp, self._here.bootstrap, f"{self._here.client}-private", wanted
        )
        try:
            while (found := await run_in_threadpool(reader.read)) is not None:
                yield found
        finally:
            await asyncio.shield(run_in_threadpool(reader.close))

    def _private_events(self, raws: list[RawRecord]) -> list[ServerSentEvent]:
        told = self._here.tail.told(self._tenant, [raw for raw in raws if of_tenant(raw, self._tenant)])
        events = []
        for raw in raws:
            self._at[self._here.places.index[raw.position]] = raw.offset + 1
            found = told.get((*raw.position, raw.offset))
            if found and found.told_to(self._client.scope) and self._client.may_see(found.event):
                events.append(ServerSentEvent(found.data, event=found.name, id=self._id()))
        return events

    async def _live(self) -> AsyncGenerator[ServerSentEvent, None]:
        until = time.monotonic() + LONGEST_SECONDS * random.uniform(0.8, 1)  # noqa: S311
        while time.monotonic() < until and not self._client.cut and not self._client.ending:
            await self._look_again()
            taken = self._client.take()
            for shown in taken:
                if event := self._live_event(shown):
                    yield event
            if not taken:
                await self._client.wait(HEARTBEAT_SECONDS)
                if self._client.idle:
                    yield self._heartbeat()

    async def _look_again(self) -> None:
        """What a colleague may see changes seldom: it is asked for twice a minute."""
        if time.monotonic() - self._looked > SCOPE_SECONDS:
            self._looked = time.monotonic()
            with contextlib.suppress(DatabaseUnavailable, Contended):
                self._client.scope = await run_in_threadpool(self._here.scope, self._caller)

    def _live_event(self, shown: Shown) -> ServerSentEvent | None:
        """None for one that the client had before: it came from a replica that is ahead of this one."""
        if shown.offset < self._at[shown.place]:
            return None
        self._at = [max(mine, now) for mine, now in zip(self._at, shown.after, strict=True)]
        return ServerSentEvent(shown.data, event=shown.name, id=self._id())

    def _heartbeat(self) -> ServerSentEvent:
        """Keeps the connection open, and the id fresh where only others had something to hear."""
        if (now := self._here.tail.settled(self._client)) is not None:
            self._at = [max(mine, there) for mine, there in zip(self._at, now, strict=True)]
        return ServerSentEvent(comment="", id=self._id())

    def _reset(self, why: str, joined: Vector) -> ServerSentEvent:
        """The client loads its lists again and hears from its joining on."""
        self._at = list(joined)
        return ServerSentEvent(f'{{"reason":"{why}"}}', event="reset", id=self._id(), retry=2000)

    def _id(self) -> str:
        return self._here.stamps.write(self._at, self._tenant)


class _Response(EventSourceResponse):
    """Ends quietly when the client takes nothing any more."""

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("live_client_stuck")
