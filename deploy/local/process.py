"""Processes that outlive the command that starts them, known by pid and birth time, ended by nothing else."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local.home import SetupError, folder

GRACE = 25
"""Seconds from being asked to end to being killed; our own processes take at most 20."""
CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""What this process has started, by pid: only a parent can reap, whoever asks how it is."""


class Process:
    """One named process of a home; its pid file also holds the birth time, so a reused pid is never ours."""

    def __init__(self, home: Path, name: str) -> None:
        self.name = name
        self.pid_file = folder(home / "pids") / f"{name}.json"
        self.log = folder(home / "logs") / f"{name}.log"

    def running(self) -> psutil.Process | None:
        """The live process; None for a stale pid file or none."""
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            known = json.loads(self.pid_file.read_text())
            if (child := CHILDREN.get(known["pid"])) is not None and child.poll() is not None:
                return None
            found = psutil.Process(known["pid"])
            if abs(found.create_time() - known["born"]) < 1 and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None

    def start(
        self, command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> int:
        """Starts it in a session of its own with output to its log; returns the pid."""
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        CHILDREN[child.pid] = child
        self.adopt(child.pid)
        return child.pid

    def adopt(self, pid: int) -> None:
        """Writes the pid file for a running pid."""
        born = psutil.Process(pid).create_time()
        fresh = self.pid_file.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": pid, "born": born}))
        fresh.rename(self.pid_file)

    def stop(self) -> None:
        """Asks it to end, kills it after `GRACE`; nothing to do when it does not run. Blocks."""
        if found := self.running():
            with suppress(psutil.NoSuchProcess):
                found.terminate()
                end(found)
        self.pid_file.unlink(missing_ok=True)

    def wait_until(self, ready: Callable[[], bool], seconds: float = 120) -> None:
        """Blocks until it is ready; raises `SetupError` with the end of its log when it dies or is late."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.running() is None:
                raise SetupError(f"{self.name} ended at its start:\n{self.tail()}\nThe whole log: {self.log}")
            if time.monotonic() > deadline:
                raise SetupError(
                    f"{self.name} is not ready after {seconds:.0f} s:\n{self.tail()}\nLog: {self.log}"
                )
            time.sleep(0.1)

    def tail(self, lines: int = 12) -> str:
        """The end of its log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def end(found: psutil.Process) -> None:
    """Waits for an asked process to end; kills it when it takes too long."""
    child = CHILDREN.pop(found.pid, None)
    wait = found.wait if child is None else child.wait
    try:
        wait(GRACE)
    except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
        found.kill()
        wait(5)
