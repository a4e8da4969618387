"""Who listens: the clients of each tenant, each with a bounded queue."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from chassis.colleagues import EVERYTHING, Scope
from chassis.live.positions import Vector

LONGEST_QUEUE = 1_000
"""Events that wait for one client; one that falls further behind is cut off and reads privately."""


class Shown(NamedTuple):
    """An event as clients see it, with the position behind it."""

    name: str
    data: str
    place: int
    offset: int
    after: Vector


class Client:
    """One open stream. The reader thread puts, the client's task takes."""

    def __init__(self, tenant: UUID, may_see: Callable[[Any], bool], scope: Scope = EVERYTHING) -> None:
        self.tenant = tenant
        self.may_see = may_see
        self.scope = scope
        """What the client's user may see now; renewed by the client's task."""
        self.cut = False
        """It fell too far behind, or its positions are void."""
        self.ending = False
        """The process is about to end."""
        self._queue: deque[Shown] = deque()
        self._loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()

    def put(self, event: Shown) -> None:
        """Queues an event; a full queue cuts the client off."""
        if len(self._queue) >= LONGEST_QUEUE:
            self.cut = True
            self._queue.clear()
        if not self.cut:
            self._queue.append(event)

    def take(self) -> list[Shown]:
        """All that is queued."""
        taken = []
        while self._queue:
            taken.append(self._queue.popleft())
        return taken

    @property
    def idle(self) -> bool:
        """Whether nothing is queued."""
        return not self._queue

    def wake(self) -> None:
        """Tells the client's task that there is something to do. From any thread."""
        try:
            self._loop.call_soon_threadsafe(self._awake.set)
        except RuntimeError:
            self.cut = True  # its loop has ended, and its task with it

    async def wait(self, seconds: float) -> None:
        """Until woken, but not longer."""
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return
        self._awake.clear()


class Audience:
    """The clients by tenant. Guarded by the reader's lock."""

    def __init__(self) -> None:
        self._by_tenant: defaultdict[UUID, set[Client]] = defaultdict(set)

    def add(self, client: Client) -> None:
        """From now on the client hears of its tenant's events."""
        self._by_tenant[client.tenant].add(client)

    def remove(self, client: Client) -> None:
        """Not any more; a no-op for a client that is gone."""
        self._by_tenant[client.tenant].discard(client)
        if not self._by_tenant[client.tenant]:
            del self._by_tenant[client.tenant]

    def of(self, tenant: UUID) -> set[Client]:
        """A tenant's clients."""
        return self._by_tenant.get(tenant) or set()

    def everybody(self) -> list[Client]:
        """All clients."""
        return [client for clients in self._by_tenant.values() for client in clients]

    def __len__(self) -> int:
        return sum(len(clients) for clients in self._by_tenant.values())
