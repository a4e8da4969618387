"""Real Kafka, registry and PostgreSQL for the tests that ask for them, started once a run."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import infra as local
from deploy.local.infra import Infra

Databases = Callable[[str], dict[str, str]]
"""Service name to the addresses of a fresh, empty database by role: owner, app, relay."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the parts of this run keep their data."""
    return tmp_path_factory.mktemp("sc")


@pytest.fixture(scope="session")
def kafka_part(home: Path) -> Iterator[Infra]:
    """A broker of this run's own."""
    started = local.start(home, {"kafka"})
    yield started
    started.stop()


@pytest.fixture(scope="session")
def kafka(kafka_part: Infra) -> str:
    """Bootstrap address of a running Kafka."""
    assert kafka_part.kafka is not None
    return kafka_part.kafka.bootstrap


@pytest.fixture(scope="session")
def registry(home: Path) -> Iterator[str]:
    """Confluent-compatible address of a running schema registry."""
    started = local.start(home, {"registry"})
    assert started.registry is not None
    yield started.registry.url
    started.stop()


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[Infra]:
    """A running PostgreSQL; ask `database` for a database."""
    started = local.start(home, {"postgres"}, services=())
    yield started
    started.stop()


@pytest.fixture
def database(postgres: Infra) -> Iterator[Databases]:
    """Makes fresh databases with a service's three roles; drops them after the test."""
    made: list[str] = []
    server = postgres.postgres
    assert server is not None

    def fresh(service: str) -> dict[str, str]:
        made.append(f"{service}_{uuid.uuid4().hex[:12]}")
        return server.ensure(made[-1], service)

    yield fresh
    for name in made:
        server.drop(name)
