"""A leash: what a run of tests or measurements starts ends with the run, even when that is killed.

A keeper process waits at a pipe that only the run holds; the kernel closes it, however the run ends. The
keeper then ends every process that bears the run's mark, which a child inherits in its environment whoever
starts it, and removes the run's folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from deploy.local.home import ROOT

MARK = "SALESCOMPASS_LEASH"
GRACE = 5
"""Seconds from being interrupted, at which PostgreSQL gives its shared memory back, to being killed."""


@contextmanager
def leash(prefix: str) -> Iterator[Path]:
    """A temporary folder; it and what was started meanwhile are gone after the block or this process."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    command = [sys.executable, "-m", "deploy.local.leash", str(folder)]
    # in a session of its own: what interrupts the run from its terminal is no business of the keeper's
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True):
        outer = os.environ.get(MARK, "")
        os.environ[MARK] = f"{outer}:{folder}"
        try:
            yield folder
        finally:
            os.environ[MARK] = outer


def marked(folder: str) -> list[psutil.Process]:
    """Every live process that was started under this mark."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            marks = process.environ().get(MARK, "").split(":")
            if folder in marks and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def sweep(folder: str) -> None:
    """Ends what bears the mark, and what that starts meanwhile; removes the folder."""
    patience = time.monotonic() + GRACE
    while left := marked(folder):
        ask = signal.SIGINT if time.monotonic() < patience else signal.SIGKILL
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(ask)
        time.sleep(0.2)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.read()
    sweep(sys.argv[1])
