"""PostgreSQL: the unit of work, its tenant and its errors. Only here does anything commit."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import URL, Connection, DateTime, MetaData, create_engine, event, make_url, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chassis.clock import Clock
from chassis.ids import NOBODY
from chassis.outbox import OutboxRow, Outgoing, Publisher, checked, store
from chassis.telemetry import Trace, current_trace

T = TypeVar("T")

TRIES: Final = 5
"""Attempts of a transaction that another one got in the way of (F17)."""
POOL_SECONDS: Final = 5.0
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


@cache
def _tables_of(package: str) -> MetaData:
    """The tables of one package."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Model(DeclarativeBase):
    """Base of all tables. Constraints are named, so that a migration can speak of them.

    Each package has tables of its own: two services may name one alike and still share a test's process.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        cls.metadata = _tables_of(cls.__module__.rpartition(".")[0])
        super().__init_subclass__(**options)

    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class TenantScoped:
    """A table whose rows belong to a tenant: the first column of every key, bound by row security."""

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-100)


class UnitOfWork:
    """One tenant's part of a transaction. Given by the chassis, which also commits it."""

    def __init__(
        self,
        work: "Transaction",
        tenant: UUID,
        actor: str,
        *,
        trace: Trace | None = None,
        cause: str | None = None,
        correlation: str | None = None,
    ) -> None:
        self._work = work
        self._rows: list[OutboxRow] = []
        self.session: Session = work.session
        """Bound to the tenant; flush freely, never commit."""
        self.tenant, self.actor = tenant, actor
        self.trace, self.cause, self.correlation = trace, cause, correlation

    @property
    def now(self) -> datetime:
        """Business time at the beginning of the transaction, UTC."""
        return self._work.now

    @property
    def traceparent(self) -> str | None:
        """W3C trace context for what leaves from here."""
        trace = self.trace or current_trace()
        return trace.traceparent if trace else None

    def publish(self, event: Outgoing) -> UUID:
        """Encodes an event and stores it with the commit; returns its id. Several keep their order.

        Raises Unencodable, ForeignKey or TooLarge at once. Touches the database only at the end of the
        unit, when the rows of the aggregates are locked.
        """
        row = self._work.publisher.row(event, self)
        self._rows.append(row)
        return row.event_id

    def publish_raw(self, row: OutboxRow) -> None:
        """Stores bytes as they are (repairs of records that came from elsewhere). Raises TooLarge."""
        self._rows.append(checked(row))

    def follow(self, cause: str, trace: Trace | None, correlation: str | None) -> None:
        """What is published from here on names this event as its cause."""
        self.cause, self.trace, self.correlation = cause, trace, correlation

    @contextmanager
    def within(self, tenant: UUID) -> Iterator["UnitOfWork"]:
        """A unit of a tenant in the same transaction, for handlers whose records come without one.

        Raises PermissionError unless this unit belongs to nobody.
        """
        if self.tenant != NOBODY:
            raise PermissionError("a tenant's unit of work does not lead to another tenant")
        self.flush()
        with self._work.unit_of_work(
            tenant, self.actor, trace=self.trace, cause=self.cause, correlation=self.correlation
        ) as inner:
            yield inner
        self._work.enter(self.tenant)

    def flush(self) -> None:
        """Writes changed objects, then the events, under this tenant."""
        self.session.flush()
        if self._rows:
            store(self.session, self.tenant, self._rows, wake=self._work.first_events())
            self._rows.clear()


class Transaction:
    """One database transaction, in which units of work of several tenants follow each other."""

    def __init__(self, session: Session, now: datetime, publisher: Publisher | None) -> None:
        self.session, self.now = session, now
        self._publisher = publisher
        self._woken = False

    @property
    def publisher(self) -> Publisher:
        """Raises RuntimeError where the process has no codec (migrations, tools)."""
        if self._publisher is None:
            raise RuntimeError("this Database was made without a publisher, so it cannot send events")
        return self._publisher

    def first_events(self) -> bool:
        """Whether these are the first events of the transaction: one NOTIFY is enough."""
        first, self._woken = not self._woken, True
        return first

    @contextmanager
    def unit_of_work(
        self,
        tenant: UUID,
        actor: str,
        *,
        trace: Trace | None = None,
        cause: str | None = None,
        correlation: str | None = None,
    ) -> Iterator[UnitOfWork]:
        """The part of one tenant; its changes are flushed at the end, before another tenant's begin."""
        self.enter(tenant)
        uow = UnitOfWork(self, tenant, actor, trace=trace, cause=cause, correlation=correlation)
        yield uow
        uow.flush()

    def enter(self, tenant: UUID) -> None:
        """From here on row security lets through this tenant only."""
        before, self.session.info["tenant"] = self.session.info.get("tenant"), tenant
        if self.session.in_transaction() and before != tenant:
            self.session.flush()
            self.session.expunge_all()  # rows of one tenant must not be found in the memory of another
            _set_tenant(self.session.connection(), tenant)


class Database:
    """A service's database under the role that row security binds. Safe for threads."""

    def __init__(
        self, url: str, *, clock: Clock, publisher: Publisher | None = None, pool_size: int = 10
    ) -> None:
        self._clock, self._publisher = clock, publisher
        self.pool_size = pool_size
        self._engine = create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            pool_use_lifo=True,
            connect_args=connection_arguments(APP_TIMEOUTS),
        )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block; takes a connection at its first statement.

        For the chassis: requests and consumers. Raises DatabaseUnavailable, PoolExhausted, Contended.
        """
        with translated(), Session(self._engine, expire_on_commit=False) as session:
            event.listen(session, "after_begin", _begun)
            yield Transaction(session, self._clock.now(), self._publisher)
            session.commit()

    @contextmanager
    def unit_of_work(
        self,
        tenant: UUID,
        actor: str,
        trace: Trace | None = None,
        *,
        cause: str | None = None,
        correlation: str | None = None,
    ) -> Iterator[UnitOfWork]:
        """One tenant's transaction: commits at the end of the block, rolls back on an error."""
        with (
            self.transaction() as work,
            work.unit_of_work(tenant, actor, trace=trace, cause=cause, correlation=correlation) as uow,
        ):
            yield uow

    def run(self, tenant: UUID, actor: str, work: Callable[[UnitOfWork], T], trace: Trace | None = None) -> T:
        """The result of `work` in a transaction of its own; tried again when another was in the way.

        `work` may run up to 5 times, so it must touch nothing but its unit. Raises Contended after that.
        """

        def attempt() -> T:
            with self.unit_of_work(tenant, actor, trace) as uow:
                return work(uow)

        return retried(attempt)

    def ping(self) -> None:
        """Asks the server for a sign of life; raises DatabaseUnavailable."""
        with translated(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Gives the idle connections back; a unit of work under way keeps its own."""
        self._engine.dispose()


def retried(attempt: Callable[[], T]) -> T:
    """The attempt's result; repeats it on Contended, at most 5 times, with growing random pauses (F17)."""
    for number in range(1, TRIES):
        try:
            return attempt()
        except Contended:
            time.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311
    return attempt()


@contextmanager
def translated() -> Iterator[None]:
    """Names the errors of the surroundings; every other one passes as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise PoolExhausted(f"no database connection within {POOL_SECONDS:g} s") from error
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


def _begun(session: Session, _: object, connection: Connection) -> None:
    """Every transaction starts with its tenant, whatever the connection did before (G14)."""
    if tenant := session.info.get("tenant"):
        _set_tenant(connection, tenant)


def _set_tenant(connection: Connection, tenant: UUID) -> None:
    connection.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant)})


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
