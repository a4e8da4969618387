"""A unit of work belongs to a tenant, commits whole, and names the errors of its surroundings."""

import threading
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis.clock import SystemClock
from chassis.db import Contended, Database, DatabaseUnavailable, PoolExhausted, UnitOfWork, unit
from tests.chassis.sample import service
from tests.chassis.sample.world import ACME, ZENITH, World

COUNT = text("SELECT count(*) FROM leads")


def count(uow: UnitOfWork) -> int:
    """Leads that are seen."""
    found: int = uow.session.execute(COUNT).scalar_one()
    return found


def test_a_tenant_sees_its_own_rows_only(world: World) -> None:
    """G14"""
    world.change(1, tenant=ACME)
    with world.unit(ZENITH) as uow:
        assert count(uow) == 0
    with world.unit(ACME) as uow:
        assert count(uow) == 1


def test_a_connection_used_again_forgets_its_last_tenant(world: World) -> None:
    world.change(1, tenant=ACME)
    single = Database(world.urls["app"], clock=SystemClock(), pool_size=1)
    with single.unit_of_work(ACME, "system:test") as uow:
        assert count(uow) == 1
    with single._engine.connect() as bare:
        assert bare.execute(COUNT).scalar_one() == 0
    single.close()


def test_a_row_of_another_tenant_cannot_be_written(world: World) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), world.unit(ACME) as uow:
        uow.session.execute(service.NEXT, {"tenant": ZENITH, "lead": "x"})


def test_a_table_without_row_security_would_show_other_tenants(world: World) -> None:
    """The red case: the guard is the policy, not the query."""
    world.change(1, tenant=ACME)
    world.sql("ALTER TABLE leads DISABLE ROW LEVEL SECURITY", role="owner")
    with world.unit(ZENITH) as uow:
        assert count(uow) == 1


def test_every_table_forces_row_security(world: World) -> None:
    assert unprotected(world) == []


def test_a_table_that_does_not_is_found(world: World) -> None:
    world.sql("CREATE TABLE forgotten (tenant_id uuid)", role="owner")
    assert unprotected(world) == ["forgotten"]


def unprotected(world: World) -> list[str]:
    """Tables that row security does not bind, but for alembic's own, which the app role cannot read."""
    rows = world.sql(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND NOT (relrowsecurity AND relforcerowsecurity) AND relname <> 'alembic_version'",
        role="owner",
    )
    return [str(name) for (name,) in rows]


def test_an_error_takes_the_whole_unit_back(world: World) -> None:
    def broken() -> None:
        with world.unit() as uow:
            service.change(uow, world.topic, service.lead(1))
            uow.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert world.drained()
    assert world.whole_trails() == {}


def test_a_unit_that_asks_nothing_costs_no_connection(world: World) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", clock=SystemClock())
    with nowhere.unit_of_work(ACME, "system:test") as uow:
        assert uow.tenant == ACME


def test_a_database_that_is_away_is_said_to_be(world: World) -> None:
    """F14"""
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", clock=SystemClock())
    with pytest.raises(DatabaseUnavailable):
        nowhere.ping()
    with pytest.raises(DatabaseUnavailable), nowhere.unit_of_work(ACME, "system:test") as uow:
        count(uow)


def test_waiting_for_a_connection_has_a_deadline(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """F18"""
    monkeypatch.setattr(unit, "POOL_SECONDS", 0.1)
    small = Database(world.urls["app"], clock=SystemClock(), pool_size=1)
    with small.unit_of_work(ACME, "system:test") as holder:
        count(holder)
        with pytest.raises(PoolExhausted), small.unit_of_work(ACME, "system:test") as uow:
            count(uow)
    small.close()


def test_a_deadlock_is_tried_again(world: World) -> None:
    """F17: two transactions lock two leads in opposite order, and both come through."""
    for number in (1, 2):
        world.change(number)
    meeting = threading.Barrier(2, timeout=20)
    tries: list[UUID] = []

    def both(order: tuple[int, int]) -> None:
        def work(uow: UnitOfWork) -> None:
            first_try = order not in seen
            seen.add(order)
            tries.append(ACME)
            service.change(uow, world.topic, service.lead(order[0]))
            if first_try:
                meeting.wait()
            service.change(uow, world.topic, service.lead(order[1]))

        world.database.run(ACME, "system:test", work)

    seen: set[tuple[int, int]] = set()
    threads = [threading.Thread(target=both, args=(order,)) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(tries) >= 3
    assert set(world.whole_trails().values()) == {"1 2 3"}


def test_what_stays_in_the_way_is_said_after_five_tries(world: World) -> None:
    tries = []

    def work(uow: UnitOfWork) -> None:
        tries.append(1)
        uow.session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(Contended):
        world.database.run(ACME, "system:test", work)
    assert len(tries) == 5


def test_a_lost_connection_is_replaced(world: World) -> None:
    single = Database(world.urls["app"], clock=SystemClock(), pool_size=1)
    single.ping()
    world.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sample_app'"
        " AND datname = current_database() AND pid <> pg_backend_pid()",
        role="app",
    )
    single.ping()
    single.close()
