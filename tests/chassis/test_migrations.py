"""Migrations run once, whoever starts them, and however many at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chassis import migrations
from chassis.migrations import migrate, run_migrations, versions_of
from tests.chassis.sample.world import VERSIONS, World, eventually


def test_a_second_run_changes_nothing(world: World) -> None:
    world.change(1)
    migrate(world.urls["owner"], "sample", VERSIONS)
    assert not world.drained()


def test_processes_that_start_together_migrate_once(database: Any) -> None:
    """F43"""
    owner = database("sample")["owner"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(owner, "sample", VERSIONS), range(4)))


def test_a_step_that_cannot_get_its_lock_fails_and_stops_nobody(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(migrations.STEP_TIMEOUTS, "lock_timeout", 100)
    steps = tmp_path / "versions"
    steps.mkdir()
    (steps / "0001_tallies.py").write_text((VERSIONS / "0001_tallies.py").read_text())
    (steps / "0002_wait.py").write_text(
        "from alembic import op\nrevision, down_revision = '0002', '0001'\n"
        "def upgrade():\n    op.execute('ALTER TABLE leads ADD COLUMN more int')\n"
    )
    with world.unit() as uow:
        uow.session.connection().exec_driver_sql("SELECT * FROM leads")
        with pytest.raises(OperationalError, match="lock timeout"):
            migrate(world.urls["owner"], "sample", steps)
    migrate(world.urls["owner"], "sample", steps)
    eventually(world.drained)


def test_a_service_without_an_owners_address_is_told_so() -> None:
    with pytest.raises(RuntimeError, match="owner"):
        run_migrations(
            SimpleNamespace(owner_database_url=None), SimpleNamespace(name="sample", migrations="x")
        )


def test_the_steps_of_a_package_are_found() -> None:
    assert versions_of("tests.chassis.sample.migrations") == VERSIONS
    with pytest.raises(RuntimeError, match="no folder versions"):
        versions_of("tests.chassis.sample")
