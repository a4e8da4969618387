"""Keeps a home's system running: what ends is started again, with growing pauses, and it is said so."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.home import home
from deploy.local.process import Process
from deploy.local.system import System

PAUSES = (0.2, 1, 2, 5, 10, 30)
"""Seconds before the first, second, ... restart in a row."""
CALM = 60
"""Seconds of running after which a restart counts as the first again."""


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


def main() -> None:
    """Watches until it is asked to end; what runs then goes on running."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    system = System(home())
    system.postgres.start()  # finds the socket of the running one
    watched = watches(system)
    status(system.home, watched)
    say(f"watching {len(watched)} processes")
    while not stop.wait(0.2):
        changed = [watch.look(time.monotonic()) for watch in watched]
        if any(changed):
            status(system.home, watched)


if __name__ == "__main__":
    main()
