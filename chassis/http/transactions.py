"""One request, one transaction: opened when an endpoint asks for it, committed before the answer leaves."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, Protocol, TypeVar
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chassis.auth import Caller
from chassis.failpoints import reached
from chassis.http import idempotency
from chassis.http.problems import unavailable
from chassis.telemetry import Trace, current_trace
from chassis.waiting import Waiters

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""Without news, what somebody waits for is looked at so often."""


class UnitsOfWork(Protocol):
    """The database, as far as the edge goes: it opens transactions and ends them."""

    def unit_of_work(
        self, tenant: UUID, actor: str, trace: Trace | None = None, *, correlation: str | None = None
    ) -> AbstractContextManager[Any]:
        """One transaction: committed at the end of the block, rolled back on an error."""

    def run(
        self,
        tenant: UUID,
        actor: str,
        work: Callable[[Any], T],
        trace: Trace | None = None,
        *,
        correlation: str | None = None,
    ) -> T:
        """The result of `work` in a transaction of its own, tried again when another was in the way."""

    async def connect(self) -> Any:
        """A connection to listen on. Raises psycopg's errors."""


class Admission:
    """Lets in as many transactions as there are connections.

    Others wait here, a bounded number for a bounded time, so that no thread ever blocks on the pool: a thread
    that waits for a connection could be the one that another transaction needs to commit (F18, G18).
    """

    def __init__(self, places: int, *, waiting: int = 200, seconds: float = 3.0) -> None:
        self._places = asyncio.Semaphore(places)
        self._may_wait = waiting
        self._waiting = 0
        self._seconds = seconds

    async def enter(self) -> None:
        """Takes a place; waits for one. Raises Problem 503 when too many wait or it takes too long."""
        if self._places.locked() and self._waiting >= self._may_wait:
            raise unavailable("Too many requests wait for the database.", retry_after=1)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise unavailable("The database is busy.", retry_after=1) from None
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Gives the place back."""
        self._places.release()


class Units:
    """Transactions one after another, for an endpoint that begins something and waits for its end."""

    def __init__(
        self,
        database: UnitsOfWork,
        admission: Admission,
        waiters: Waiters,
        caller: Caller,
        correlation: str,
    ) -> None:
        self._database, self._admission, self._waiters = database, admission, waiters
        self._caller, self._correlation = caller, correlation

    async def run(self, work: Callable[[Any], T]) -> T:
        """The result of `work(uow)`, committed. Raises what `work` raises, Problem 503, Contended.

        `work` may run several times, so it must touch nothing but its unit.
        """
        await self._admission.enter()
        try:
            return await run_in_threadpool(
                partial(
                    self._database.run,
                    self._caller.tenant,
                    f"user:{self._caller.user}",
                    work,
                    current_trace(),
                    correlation=self._correlation,
                )
            )
        finally:
            self._admission.leave()

    async def follow(
        self,
        id: UUID,
        begin: Callable[[Any], T],
        look: Callable[[Any], T],
        over: Callable[[T], bool],
        seconds: float,
    ) -> T:
        """What `begin` gives, and then `look`, until it is over or the time is; each as `run` does it.

        Looks when a transaction wakes the thing of this id (`UnitOfWork.wake`), and now and then without.
        """
        until = time.monotonic() + seconds
        with self._waiters.waiting(self._caller.tenant, id) as wait:
            found = await self.run(begin)
            while not over(found) and (left := until - time.monotonic()) > 0:
                await wait(min(left, LOOK_SECONDS))
                found = await self.run(look)
        return found


class Replayed(Exception):
    """The request was done before; its kept answer is the answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__("already done")
        self.answer = answer


class Work:
    """The transaction of one request, if its endpoint asks for one."""

    def __init__(
        self,
        database: UnitsOfWork,
        admission: Admission,
        caller: Caller | None,
        attempt: idempotency.Attempt | None,
        correlation: str,
    ) -> None:
        self._database = database
        self._admission = admission
        self._caller = caller
        self._attempt = attempt
        self._correlation = correlation
        self._context: AbstractContextManager[Any] | None = None
        self._unit: Any = None
        self._admitted = False

    async def open(self) -> Any:
        """The unit of work, opened at the first call. Raises Replayed, Problem, the database's errors."""
        if self._unit is None:
            await self._admission.enter()
            self._admitted = True
            await run_in_threadpool(self._begin)
        return self._unit

    def _begin(self) -> None:
        if self._caller is None:
            raise RuntimeError("a public route has no caller, so no tenant to open a transaction for")
        context = self._database.unit_of_work(
            self._caller.tenant, f"user:{self._caller.user}", current_trace(), correlation=self._correlation
        )
        self._unit = context.__enter__()
        self._context = context
        if self._attempt and (kept := idempotency.begin(self._unit.session, self._attempt)):
            raise Replayed(kept)

    async def complete(self, answer: Response) -> None:
        """Keeps the answer under its idempotency key and commits."""
        if self._context is not None:
            await run_in_threadpool(self._finish, answer)
        self._leave()

    def _finish(self, answer: Response) -> None:
        if self._attempt and isinstance(getattr(answer, "body", None), bytes | memoryview):
            idempotency.finish(self._unit.session, self._attempt, answer)
        self._commit()

    def _commit(self) -> None:
        context, self._context = self._context, None
        assert context is not None
        reached("http.before_commit")
        context.__exit__(None, None, None)
        reached("http.after_commit")

    async def rest(self) -> None:
        """Ends a transaction in which nothing was done."""
        if self._context is not None:
            await run_in_threadpool(self._commit)
        self._leave()

    async def abandon(self, error: BaseException) -> None:
        """Rolls back because of an error. Raises what the database makes of it (Contended and so on)."""
        try:
            if self._context is not None:
                await asyncio.shield(
                    run_in_threadpool(self._roll_back, type(error), error, error.__traceback__)
                )
        finally:
            self._leave()

    def _roll_back(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        context, self._context = self._context, None
        assert context is not None
        context.__exit__(kind, error, trace)

    def _leave(self) -> None:
        if self._admitted:
            self._admitted = False
            self._admission.leave()
