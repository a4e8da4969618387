"""Tells whether the process has stood still: a paused member may have lost its partitions unawares."""

import threading
import time

from chassis.streams.wire import Frozen

BEAT = 0.25
FROZEN_AFTER = 0.7
"""Share of the session time-out after which the partitions may be somebody else's."""


class Pulse:
    """A thread that beats. Whoever stops the process stops the beat, whatever the main loop was doing."""

    def __init__(self, session_timeout: float) -> None:
        self._limit = session_timeout * FROZEN_AFTER
        self._beat = time.monotonic()
        self._longest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream-pulse", daemon=True)

    def start(self) -> None:
        """Begins to beat."""
        self._beat = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; blocks until it has."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(BEAT):
            now = time.monotonic()
            self._longest = max(self._longest, now - self._beat)
            self._beat = now

    def check(self) -> None:
        """Raises `Frozen` if the process stood still for too long. Called before anything is written."""
        pause = max(self._longest, time.monotonic() - self._beat)
        if pause > self._limit:
            raise Frozen(f"stood still for {pause:.1f} s: another member may own the partitions")
