"""What can go wrong around a transaction, by names that a caller can act on."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

TRIES: Final = 5
"""Attempts of a transaction that another one got in the way of (F17)."""

_CONTENDED = {"40001", "40P01", "55P03"}
"""Serialization failure, deadlock, lock not available."""
_AWAY = {"08", "53", "57"}
"""Classes of SQLSTATE: connection, resources (disk, memory, connections), operator intervention."""
_TOO_SLOW = "57014"


class DatabaseUnavailable(ConnectionError):
    """The database cannot be reached, is shutting down or out of disk: later it may work (503)."""


class PoolExhausted(DatabaseUnavailable):
    """No connection became free within the deadline (F18, 503 with Retry-After)."""


class Contended(Exception):
    """Another transaction was in the way: serialization failure, deadlock or lock time-out (F17, 409/503)."""


def retried(attempt: Callable[[], T]) -> T:
    """The attempt's result; repeats it on Contended, at most 5 times, with growing random pauses (F17)."""
    for number in range(1, TRIES):
        try:
            return attempt()
        except Contended:
            time.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311
    return attempt()


def took_too_long(error: Exception) -> bool:
    """Whether the database gave a statement up at its time-out, which need not be the statement's fault."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _TOO_SLOW


@contextmanager
def translated() -> Iterator[None]:
    """Names the errors of the surroundings; every other one passes as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise PoolExhausted("no database connection in time") from error
    except DBAPIError as error:
        if (named := _named(error)) is None:
            raise
        raise named from error


def _named(error: DBAPIError) -> Exception | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _CONTENDED:
        return Contended(str(error.orig))
    lost = error.connection_invalidated or (
        not state and isinstance(error, OperationalError | InterfaceError)
    )
    if lost or (state[:2] in _AWAY and state != _TOO_SLOW):
        return DatabaseUnavailable(f"database: {type(error.orig).__name__} {state}".rstrip())
    return None
