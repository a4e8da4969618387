"""Real Kafka, registry and PostgreSQL for the tests that ask for them, started once by each test process.

TEST_INFRA=testcontainers takes Kafka and PostgreSQL from containers in place of local processes.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import infra as local
from deploy.local.postgres import Postgres

Databases = Callable[[str], dict[str, str]]
"""Service name to the addresses of a fresh, empty database by role: owner, app, relay."""

PARTS = frozenset({"infra", "kafka", "registry", "postgres", "database"})
CONTAINERS = os.environ.get("TEST_INFRA") == "testcontainers"


@dataclass(frozen=True)
class Infra:
    """Where the parts of this run answer."""

    kafka: str
    registry: str
    databases: Databases


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as `infra` whatever stands on a real part, so that `make test-fast` can leave it out."""
    for item in items:
        if PARTS & set(getattr(item, "fixturenames", ())):
            item.add_marker("infra")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the parts of this run keep their data."""
    return tmp_path_factory.mktemp("sc")


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
