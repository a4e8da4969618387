"""Where the local system keeps its things: a folder for data, logs and pids; a cache of packages."""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parents[2]


class SetupError(Exception):
    """The machine is not as it must be; the message says what to do."""


def home() -> Path:
    """The folder of this system: SALESCOMPASS_HOME, else `.local` of the checkout."""
    return Path(os.environ.get("SALESCOMPASS_HOME", ROOT / ".local")).resolve()


def cache() -> Path:
    """Packages fetched once, shared by every system of this checkout."""
    return Path(os.environ.get("SALESCOMPASS_CACHE", ROOT / ".local" / "cache")).resolve()


def folder(path: Path) -> Path:
    """The folder, made when it is not there."""
    path.mkdir(parents=True, exist_ok=True)
    return path


def need_space(path: Path, megabytes: int) -> None:
    """Raises `SetupError` when the disk of `path` has less free space."""
    free = shutil.disk_usage(folder(path)).free // 1_000_000
    if free < megabytes:
        raise SetupError(
            f"{path} has {free} MB free, {megabytes} are needed: make room or set SALESCOMPASS_HOME."
        )


def listens(port: int) -> bool:
    """Whether somebody accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serves(port: int, path: str) -> bool:
    """Whether a GET of the path is answered with 200 within two seconds."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def need_port(port: int, name: str) -> None:
    """Raises `SetupError` when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SetupError(
                f"Port {port} for {name} is taken: stop what listens there or set {name.upper()}_PORT."
            ) from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the others wait. The lock ends with its process."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
