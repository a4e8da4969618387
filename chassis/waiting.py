"""Waiting for what another transaction does: its commit wakes who waits. Only a hint: they look as well."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import structlog

log = structlog.get_logger(__name__)

CHANNEL = "waiting"
PAUSES = (0.1, 5.0)
"""Seconds before a lost connection is made anew: at first, and at most."""

Connection = psycopg.AsyncConnection[Any]
Wait = Callable[[float], Awaitable[bool]]
"""Blocks until there is news, for so many seconds at most; whether there was."""


def news_of(tenant: UUID, id: UUID) -> str:
    """How a thing of a tenant is named on the channel."""
    return f"{tenant}:{id}"


class Waiters:
    """Those of a process that wait, and the one connection on which all of them hear.

    For one event loop: the connection is opened at the first wait and closed with the loop. While it is away
    nobody hears anything; once it is back everybody is woken, for what they wait for may have happened.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        """`connect` raises psycopg's errors."""
        self._connect = connect
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._ear: asyncio.Task[None] | None = None

    @contextmanager
    def waiting(self, tenant: UUID, id: UUID) -> Iterator[Wait]:
        """From here on no news of the thing are missed, but for those of a lost connection."""
        if self._ear is None or self._ear.done():
            self._ear = asyncio.create_task(self._listen(), name="waiting")
        name, news = news_of(tenant, id), asyncio.Event()
        others = self._waiting.setdefault(name, set())
        others.add(news)
        try:
            yield partial(_wait, news)
        finally:
            others.discard(news)
            if not others:
                self._waiting.pop(name, None)

    async def _listen(self) -> None:
        pause, longest = PAUSES
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    pause = PAUSES[0]
                    self._wake(list(self._waiting))
                    async for notice in connection.notifies():
                        self._wake([notice.payload])
            except psycopg.Error as error:
                log.warning("waiting_without_news", cause=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)

    def _wake(self, names: Iterable[str]) -> None:
        for name in names:
            for news in self._waiting.get(name, ()):
                news.set()


async def _wait(news: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
    heard = news.is_set()
    news.clear()  # before the look that follows: what happens meanwhile brings another
    return heard
