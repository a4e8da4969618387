"""Keeps a home's system running: what ends is started again, with growing pauses, and it is said so."""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.home import home
from deploy.local.logs import rotate
from deploy.local.process import Process
from deploy.local.system import System

PAUSES = (0.2, 1, 2, 5, 10, 30)
"""Seconds before the first, second, ... restart in a row."""
CALM = 60
"""Seconds of running after which a restart counts as the first again."""

PIDFD = hasattr(os, "pidfd_open")
LOOK = 5.0 if PIDFD else 0.2
"""Seconds after which it looks again though nothing has told of an end: pids change by other hands too."""


@dataclass
class Watch:
    """One process under watch."""

    process: Process
    start: Callable[[], None]
    restarts: int = 0
    in_a_row: int = 0
    started: float = field(default_factory=time.monotonic)
    due: float | None = None

    def look(self, now: float) -> bool:
        """Starts it again when it has ended and its pause is over; True when anything changed."""
        if self.due is None and self.process.running() is None:
            self.in_a_row = 0 if now - self.started > CALM else self.in_a_row
            pause = PAUSES[min(self.in_a_row, len(PAUSES) - 1)]
            self.due = now + pause
            say(f"{self.process.name} has ended; it starts again in {pause} s. Its log: {self.process.log}")
            return True
        if self.due is not None and now >= self.due:
            self.again(now)
            return True
        return False

    def again(self, now: float) -> None:
        """Starts it and counts."""
        self.due, self.started = None, now
        self.restarts += 1
        self.in_a_row += 1
        try:
            self.start()
        except Exception as error:  # whatever one part suffers from, the others stay under watch
            say(f"{self.process.name} cannot start: {error!r}")


def say(text: str) -> None:
    """A line of the supervisor's log."""
    sys.stdout.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")
    sys.stdout.flush()


def watches(system: System) -> list[Watch]:
    """Everything that must run."""
    infra = [
        Watch(system.postgres.process, system.postgres.start),
        Watch(system.kafka.processes[0], lambda: system.kafka.start_node(0)),
        Watch(system.registry.process, system.registry.start),
    ]
    return infra + [Watch(program.process, program.start) for program in system.programs()]


def status(folder: Path, watched: list[Watch]) -> None:
    """Writes how often each was started again, for `salescompass info`."""
    fresh = folder / "status.new"
    fresh.write_text(json.dumps({watch.process.name: watch.restarts for watch in watched}))
    fresh.rename(folder / "status.json")


class Alarm:
    """Sleeps until a process ends, a signal comes, or it is time to look again."""

    def __init__(self) -> None:
        self.stop = False
        self._woken, self._wake = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.stop = True
        os.write(self._wake, b".")

    def sleep(self, watched: list[Watch]) -> None:
        """Blocks; without pidfds (elsewhere than on Linux) it looks again after a moment."""
        due = [watch.due - time.monotonic() for watch in watched if watch.due is not None]
        with ExitStack() as opened, suppress(ProcessLookupError):  # one has ended: no sleep
            ends = [_end_of(watch.process, opened) for watch in watched if watch.due is None]
            fds = [self._woken, *(ends if PIDFD else ())]
            select.select(fds, [], [], max(0.0, min([LOOK, *due])))


def _end_of(process: Process, opened: ExitStack) -> int:
    """A descriptor that becomes readable when the process ends. Raises ProcessLookupError when it has."""
    found = process.running()
    if found is None:
        raise ProcessLookupError(process.name)
    if not PIDFD:
        return -1
    descriptor = os.pidfd_open(found.pid)
    opened.callback(os.close, descriptor)
    return descriptor


def main() -> None:
    """Watches until it is asked to end; what runs then goes on running."""
    alarm, system = Alarm(), System(home())
    system.postgres.start()  # finds the socket of the running one
    watched = watches(system)
    status(system.home, watched)
    say(f"watching {len(watched)} processes")
    while not alarm.stop:
        changed = [watch.look(time.monotonic()) for watch in watched]
        if any(changed):
            status(system.home, watched)
        for log in (system.home / "logs").glob("*.log"):
            rotate(log)
        alarm.sleep(watched)


if __name__ == "__main__":
    main()
