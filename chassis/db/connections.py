"""How connections are opened."""

from typing import Any, Final

import psycopg
from sqlalchemy import URL, make_url

APP_TIMEOUTS: Final = {
    "statement_timeout": 15_000,
    "lock_timeout": 5_000,
    "idle_in_transaction_session_timeout": 30_000,
}
"""Milliseconds; set per connection, so they hold whatever the role says (F19)."""
KEEPALIVE: Final = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A half-open connection is found within 30 s (F44)."""


def sqlalchemy_url(url: str) -> URL:
    """A libpq or SQLAlchemy URL with the driver named."""
    return make_url(url).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The same for psycopg itself."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def connection_arguments(timeouts: dict[str, int]) -> dict[str, Any]:
    """What each connection is opened with: time-outs (milliseconds), keepalives, UTC."""
    options = " ".join(f"-c {name}={value}" for name, value in timeouts.items())
    return {**KEEPALIVE, "options": f"{options} -c timezone=UTC"}


def connect(url: str, timeouts: dict[str, int]) -> psycopg.Connection[Any]:
    """A plain autocommitting connection, for what needs its own session (relay, locks). Blocks."""
    return psycopg.connect(libpq_url(url), autocommit=True, **connection_arguments(timeouts))


async def connect_async(url: str, timeouts: dict[str, int]) -> psycopg.AsyncConnection[Any]:
    """The same for an event loop."""
    arguments = connection_arguments(timeouts)
    return await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True, **arguments)
