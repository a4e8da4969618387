"""Runs the engine on Faust, by its public API only: agents bring records, the engine has state and position.

No Tables, no `take()`, no seek and no transactions: each of them loses or doubles records under rebalances.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar, cast

import faust
import uvloop
from faust.types import TP

from chassis.streams.collector import GroupedCollection
from chassis.streams.contract import Raw
from chassis.streams.engine import Engine
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import NotCoPartitioned, StreamError

S = TypeVar("S")
R = TypeVar("R")

log = logging.getLogger(__name__)

ROOM = 4_000
"""Records that wait for the group under way; beyond that the agents wait too."""
GATHER = 0.03
"""Seconds in which a group gathers: each costs two writes for every partition that it touches."""
WATCH_EVERY = 2.0
PIECE = 20_000
"""Offsets that are read directly in one go; between two pieces a rebalance can come through."""
METADATA_AGE_MS = 5_000
STOP_SECONDS = 7.0
SILENCE_SECONDS = 30.0
"""For so long Faust may bring nothing while there is something, before the process starts anew."""


class Silent(faust.Monitor):
    """Faust's own figures cost more than the folding; ours say the same."""

    def on_message_in(self, tp: TP, offset: int, message: Any) -> None:
        """Nothing."""

    def on_message_out(self, tp: TP, offset: int, message: Any) -> None:
        """Nothing."""

    def on_stream_event_in(self, tp: TP, offset: int, stream: Any, event: Any) -> None:
        """Nothing, and no state for the way out."""

    def on_stream_event_out(self, tp: TP, offset: int, stream: Any, event: Any, state: Any = None) -> None:
        """Nothing."""

    def track_tp_end_offset(self, tp: TP, offset: int) -> None:
        """Nothing."""


class FaustHost(Generic[S]):
    """One member of the fold's consumer group. `run` blocks until it is told to stop."""

    def __init__(self, engine: Engine[S], group: str, settings: StreamSettings) -> None:
        self._engine = engine
        self._group = group
        self._settings = settings
        self._collection = GroupedCollection()
        self._generation: int | None = None
        self._generations = 0
        self._events: list[Any] = []
        self._behind: dict[int, dict[str, int]] = {}
        self._silent_since: float | None = None
        self._failed: BaseException | None = None

    def run(self, stop: threading.Event) -> None:
        """Folds until `stop`; raises `StreamError` when the process has to end."""
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # 10,000 lines in one outage
        loop = uvloop.new_event_loop()
        asyncio.set_event_loop(loop)
        with self._collection, TemporaryDirectory(prefix=f"{self._group}-") as folder:
            orderly = loop.run_until_complete(self._main(stop, folder))
        if orderly:
            loop.close()
        else:  # tasks and a thread are left that do not heed being cancelled: waiting for them has no end
            _end_with_the_main_thread(1 if self._failed else 0)
        if self._failed is not None:
            raise self._failed

    async def _main(self, stop: threading.Event, folder: str) -> bool:
        """Whether Faust stopped in time."""
        self._kick, self._room, self._turn = asyncio.Event(), asyncio.Event(), asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "stream-engine")
        self._app = app = self._declare(folder)
        works = (app.start, self._flush, self._watch)  # a start may last: the stop does not wait for it
        tasks = [asyncio.create_task(self._guard(work)) for work in works]
        while not (stop.is_set() or self._failed or app.should_stop):
            await asyncio.sleep(0.1)
        if app.should_stop and not stop.is_set() and self._failed is None:
            self._failed = StreamError(f"faust ended: {app.crash_reason!r}")
        self._generation = None
        for task in tasks:
            task.cancel()
        _, late = await asyncio.wait([asyncio.create_task(app.stop())], timeout=STOP_SECONDS)
        if late:
            log.warning("faust did not stop in %.0f s", STOP_SECONDS)
        self._thread.shutdown(wait=True)
        return not late

    def _declare(self, folder: str) -> faust.App:
        settings = self._settings
        app = faust.App(
            self._group,
            datadir=folder,  # for Tables, though it has none: else a folder appears where the process started
            broker=f"kafka://{settings.bootstrap.replace(',', ';')}",
            broker_client_id=settings.client,
            broker_session_timeout=settings.session_timeout,
            broker_heartbeat_interval=1,
            broker_rebalance_timeout=settings.session_timeout,
            broker_commit_interval=1,
            consumer_auto_offset_reset="earliest",
            # its assignor leaves out topics that a broker did not know at its start, until it asks again
            consumer_metadata_max_age_ms=METADATA_AGE_MS,
            topic_partitions=self._engine.partitions(),
            topic_disable_leader=True,
            topic_allow_declare=False,
            stream_wait_empty=False,
            web_enabled=False,
            monitor=Silent(),
        )
        for topic in self._engine.topics:
            app.agent(app.topic(topic, key_serializer="raw", value_serializer="raw"), name=topic)(self._take)
        app.on_partitions_assigned.connect(cast(Any, self._assigned))
        app.on_partitions_revoked.connect(cast(Any, self._revoked))
        return app

    async def _take(self, stream: Any) -> None:
        """An agent: no work here, for an error in it would lose the event."""
        async for event in stream.noack().events():
            self._events.append(event)
            self._silent_since = None
            self._kick.set()
            if len(self._events) >= ROOM:
                self._room.clear()
                await self._room.wait()

    # --- partitions come and go

    async def _assigned(self, _: object, assigned: set[TP], **__: object) -> None:
        try:
            async with self._turn:
                self._drop()
                numbers = _common(assigned)
                starts = await self._in_thread(lambda: self._engine.assign(numbers))
                ends = await self._in_thread(self._engine.hinted)
                self._behind = {n: {t: ends[t, n] for t in starts[n] if (t, n) in ends} for n in numbers}
                self._generations += 1
                self._generation = self._generations
                self._silent_since = None
                self._kick.set()
        except Exception as error:
            self._fail(error)

    async def _revoked(self, _: object, __: set[TP], **___: object) -> None:
        self._generation = None
        async with self._turn:  # waits for the group under way
            self._drop()

    def _drop(self) -> None:
        self._events.clear()
        self._behind.clear()
        self._room.set()
        self._engine.revoke(self._engine.owned)

    # --- groups

    async def _guard(self, work: Callable[[], Any]) -> None:
        try:
            await work()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._failed = self._failed or error

    async def _flush(self) -> None:
        while True:
            await self._kick.wait()
            self._kick.clear()
            async with self._turn:
                await self._catch_up()
            if not self._engine.more:
                await asyncio.sleep(GATHER)
            async with self._turn:
                if self._generation is not None:
                    await self._group_commit()

    async def _group_commit(self) -> None:
        generation = self._generation
        events, self._events = self._events, []
        self._room.set()
        await self._in_thread(lambda: self._engine.process([_raw(event) for event in events]))
        self._collection.between_groups()
        if generation == self._generation:
            for event in events:
                event.ack()
        if events:
            self._engine.tell_age(int(events[-1].message.timestamp * 1_000))
        if self._engine.more:
            self._kick.set()

    async def _catch_up(self) -> None:
        """Reads on to where Faust starts, when the group's offset is ahead of the stored position."""
        while self._behind and self._generation is not None:
            number, ends = self._behind.popitem()
            at = self._engine.next(number)
            piece = {topic: min(end, at[topic] + PIECE) for topic, end in ends.items()}
            await self._in_thread(partial(self._engine.catch_up, number, piece))
            if piece != ends:
                self._behind[number] = ends

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY)
            async with self._turn:
                if self._generation is None:
                    continue
                if await self._in_thread(self._engine.nudge):
                    self._judge_silence()
                if self._engine.more:
                    self._kick.set()

    def _judge_silence(self) -> None:
        """Something had to be read directly. Faust drops a record now and then, but it must bring others."""
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        if now - self._silent_since > SILENCE_SECONDS:
            raise StreamError(f"faust has brought nothing for {now - self._silent_since:.0f} s")

    async def _in_thread(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _end_with_the_main_thread(code: int) -> None:
    """Ends the process once its main thread is through, whatever threads Faust has left behind."""

    def end() -> None:
        threading.main_thread().join()
        os._exit(code)

    threading.Thread(target=end, name="faust-left-behind", daemon=True).start()


def _raw(event: Any) -> Raw:
    message = event.message
    headers = message.headers
    return Raw(
        message.topic,
        message.partition,
        message.offset,
        message.key,
        message.value,
        lambda: list(headers.items()) if isinstance(headers, dict) else headers,
    )


def _common(assigned: set[TP]) -> list[int]:
    """The partition numbers of an assignment; raises `NotCoPartitioned` where the inputs' differ."""
    by_topic: dict[str, set[int]] = {}
    for tp in assigned:
        by_topic.setdefault(tp.topic, set()).add(tp.partition)
    numbers = set().union(*by_topic.values())
    if any(found != numbers for found in by_topic.values()):
        raise NotCoPartitioned(f"inputs were assigned differently: {by_topic}")
    return sorted(numbers)
