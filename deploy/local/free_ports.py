"""Ports that nobody uses and nobody will be given before their server is up."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

from deploy.local.home import SetupError

RANGE = range(15_000, 32_000)
"""Below what Linux, macOS and Windows give to outgoing connections, one of which would take the port of a
server that starts a minute later."""

_kept: list[int] = []
"""Descriptors of the locks of the ports that this process was given; they end with it."""


def free_port() -> int:
    """A port of the loopback interface that is this process's until it ends. Raises `SetupError`."""
    for port in random.sample(RANGE, len(RANGE)):
        if (lock := _locked(port)) is None:
            continue
        if _free(port):
            _kept.append(lock)
            return port
        os.close(lock)
    raise SetupError(f"No port from {RANGE.start} to {RANGE.stop - 1} is free: end what uses them.")


def _locked(port: int) -> int | None:
    """The descriptor of a port's lock; None where another process has it."""
    folder = Path(tempfile.gettempdir()) / "salescompass-ports"
    folder.mkdir(mode=0o777, exist_ok=True)
    try:
        lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:  # another user's
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
