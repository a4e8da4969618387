"""Real Kafka, registry and PostgreSQL for the tests that ask for them, started once by each test process.

TEST_INFRA=testcontainers takes Kafka and PostgreSQL from containers in place of local processes.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from deploy.local import infra as local
from deploy.local.leash import leash
from deploy.local.postgres import Postgres
from tests.world import World

Databases = Callable[[str], dict[str, str]]
"""Service name to the addresses of a fresh, empty database by role: owner, app, relay."""

PARTS = frozenset({"infra", "kafka", "registry", "postgres", "database", "world"})
WHOLE_SYSTEM = ("tests/deploy/test_up.py", "tests/faults/test_", "tests/journeys/")
"""Tests that stand on everything that `make up` starts."""
# A build judges a change, so it plays the same examples each time; a person's run looks for new ones.
settings.register_profile("build", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("build" if os.environ.get("CI") else "search")
CONTAINERS = os.environ.get("TEST_INFRA") == "testcontainers"


@dataclass(frozen=True)
class Infra:
    """Where the parts of this run answer."""

    kafka: str
    registry: str
    databases: Databases


class OneSystem(LoadScopeScheduling):  # type: ignore[misc]
    """One process of a run has the whole system and plays all its tests; any other test goes anywhere."""

    def _split_scope(self, nodeid: str) -> str:
        return "system" if nodeid.startswith(WHOLE_SYSTEM) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneSystem:
    """In place of xdist's groups: they are lost in the ids of pytest 9.2."""
    return OneSystem(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as `infra` whatever stands on a real part, so that `make test-fast` can leave it out."""
    for item in items:
        wanted = set(getattr(item, "fixturenames", ()))
        if PARTS & wanted:
            item.add_marker("infra")


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """Where the parts of this run keep their data. Whatever the tests start ends with the run.

    Not in pytest's own folder: every start of pytest closes that to the user that PostgreSQL runs as.
    """
    with leash("salescompass-") as folder:
        yield folder


@pytest.fixture(scope="session")
def kafka(home: Path) -> Iterator[str]:
    """Bootstrap address of a running Kafka."""
    if CONTAINERS:
        from tests.infra.containers import KafkaContainer

        with KafkaContainer() as container:
            yield container.bootstrap
        return
    started = local.start(home, {"kafka"})
    assert started.kafka is not None
    yield started.kafka.bootstrap
    started.stop()


@pytest.fixture(scope="session")
def registry(home: Path) -> Iterator[str]:
    """Confluent-compatible address of a running schema registry."""
    started = local.start(home, {"registry"})
    assert started.registry is not None
    yield started.registry.url
    started.stop()


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[Postgres]:
    """A running PostgreSQL; ask `database` for a database."""
    server = container_postgres() if CONTAINERS else Postgres(home)
    server.start()
    yield server
    server.stop()


def container_postgres() -> Postgres:
    """PostgreSQL in a container; imported late, for its client is not needed elsewhere."""
    from tests.infra.containers import ContainerPostgres

    return ContainerPostgres()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Databases]:
    """Makes fresh databases with a service's three roles; drops them after the test."""
    made: list[str] = []

    def fresh(service: str) -> dict[str, str]:
        made.append(f"{service}_{uuid.uuid4().hex[:12]}")
        return postgres.ensure(made[-1], service)

    yield fresh
    for name in made:
        postgres.drop(name)


@pytest.fixture
def infra(kafka: str, registry: str, database: Databases) -> Infra:
    """All parts at once."""
    return Infra(kafka, registry, database)


@pytest.fixture(scope="session")
def world(home: Path) -> Iterator[World]:
    """Everything that `make up` starts, in a folder and on ports of its own; ended with the tests."""
    patch = pytest.MonkeyPatch()
    folder = home / "world"
    patch.setenv("SALESCOMPASS_HOME", str(folder))
    patch.setenv("PORTS", "free")
    running = World(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        patch.undo()
