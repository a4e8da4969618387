"""The unit of work and its tenant. Only here does anything commit."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import psycopg
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.orm import Session

from chassis import outbox, waiting
from chassis.clock import Clock
from chassis.db.connections import APP_TIMEOUTS, connect_async, connection_arguments, sqlalchemy_url
from chassis.db.errors import retried, translated
from chassis.db.inserts import write_plain
from chassis.db.models import Model
from chassis.ids import NOBODY
from chassis.outbox import OutboxRow, Outgoing, Publisher, checked
from chassis.telemetry import Trace, current_trace

T = TypeVar("T")

POOL_SECONDS: Final = 5.0
"""For so long a transaction waits for a connection."""


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
        self._notices: list[tuple[str, str]] = []
        self._plain: dict[str, dict[type[Model], list[Mapping[str, Any]]]] = {"insert": {}, "keep": {}}
        self._read: dict[Hashable, Any] = {}
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

    def once(self, what: Hashable, read: Callable[[], T]) -> T:
        """What `read` gave when the unit first asked: for settings, by which a whole unit goes."""
        if what not in self._read:
            self._read[what] = read()
        return cast(T, self._read[what])

    def publish(self, event: Outgoing) -> UUID:
        """Encodes an event and stores it with the commit; returns its id. Several keep their order.

        Raises Unencodable, ForeignKey or TooLarge at once. Touches the database only at the end of the
        unit, when the rows of the aggregates are locked.
        """
        row = self._work.publisher.row(event, self)
        self._rows.append(row)
        return row.event_id

    def add_plain(self, kind: type[Model], row: Mapping[str, Any], *, keep: bool = False) -> None:
        """A row that nobody reads before the commit, such as a line of a history.

        With all others of the unit it is stored at its end, after the objects, by one statement: as
        `write_plain` inserts it, or keeps the one that is there.
        """
        self._plain["keep" if keep else "insert"].setdefault(kind, []).append(row)

    def publish_raw(self, row: OutboxRow) -> None:
        """Stores bytes as they are (repairs of records that came from elsewhere). Raises TooLarge."""
        self._rows.append(checked(row))

    def wake(self, id: UUID) -> None:
        """With the commit, wakes whoever waits for this thing of the tenant (`chassis.waiting`)."""
        self._notices.append((waiting.CHANNEL, waiting.news_of(self.tenant, id)))

    def follow(self, cause: str | None, trace: Trace | None, correlation: str | None) -> None:
        """What is published from here on names this event as its cause; with None, no event."""
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
        """Writes changed objects, then plain rows, then the events, under this tenant."""
        self.session.flush()
        write_plain(self.session, **self._plain)
        for rows in self._plain.values():
            rows.clear()
        if self._rows and self._work.first_events():
            self._notices.append((outbox.CHANNEL, ""))
        if self._rows or self._notices:
            outbox.store(self.session, self.tenant, self._rows, self._notices)
            self._rows.clear()
            self._notices.clear()


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
        self._url, self._clock, self._publisher = url, clock, publisher
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

    def run(
        self,
        tenant: UUID,
        actor: str,
        work: Callable[[UnitOfWork], T],
        trace: Trace | None = None,
        *,
        correlation: str | None = None,
    ) -> T:
        """The result of `work` in a transaction of its own; tried again when another was in the way.

        `work` may run up to 5 times, so it must touch nothing but its unit. Raises Contended after that.
        """

        def attempt() -> T:
            with self.unit_of_work(tenant, actor, trace, correlation=correlation) as uow:
                return work(uow)

        return retried(attempt)

    def ping(self) -> None:
        """Asks the server for a sign of life; raises DatabaseUnavailable."""
        with translated(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        """An autocommitting connection beside the pool, for whoever listens. Raises psycopg's errors."""
        return await connect_async(self._url, APP_TIMEOUTS)

    def close(self) -> None:
        """Gives the idle connections back; a unit of work under way keeps its own."""
        self._engine.dispose()


def _begun(session: Session, _: object, connection: Connection) -> None:
    """Every transaction starts with its tenant, whatever the connection did before (G14)."""
    if tenant := session.info.get("tenant"):
        _set_tenant(connection, tenant)


def _set_tenant(connection: Connection, tenant: UUID) -> None:
    connection.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant)})
