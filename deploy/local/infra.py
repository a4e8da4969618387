"""Kafka, registry and PostgreSQL of one home, started together; tests and the whole system stand on them."""

from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import fetch
from deploy.local.free_ports import free_port
from deploy.local.home import folder
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.registry import Registry

SERVICES = ("engagement", "leads", "accounts", "opportunities", "notifications")
PARTS = frozenset({"kafka", "registry", "postgres"})


@dataclass
class Infra:
    """What runs, and where."""

    home: Path
    kafka: Kafka | None = None
    registry: Registry | None = None
    postgres: Postgres | None = None
    databases: dict[str, dict[str, str]] = field(default_factory=dict)
    """Service to role (owner, app, relay) to address."""

    def stop(self) -> None:
        """Ends what this home runs; data stays. Blocks."""
        for part in (self.registry, self.kafka, self.postgres):
            if part is not None:
                with suppress(ProcessLookupError):
                    part.stop()


def start(
    home: Path,
    parts: Set[str] = PARTS,
    *,
    kafka_ports: tuple[int, ...] = (),
    registry_port: int = 0,
    services: tuple[str, ...] = SERVICES,
) -> Infra:
    """Starts the named parts on loopback; ports not given are free ones. Blocks until all answer.

    Raises `SetupError` with what to do. What runs already in this home is left as it is.
    """
    infra = Infra(folder(home))
    if "registry" in parts:
        infra.registry = Registry(home, registry_port or free_port())
        infra.registry.start()
    if "postgres" in parts:
        infra.postgres = Postgres(home)
        infra.postgres.start()
        infra.databases = {name: infra.postgres.ensure(name, name) for name in services}
    if "kafka" in parts:
        fetch.kafka_jars()
        infra.kafka = Kafka(home, kafka_ports or (free_port(),))
        infra.kafka.start()
    if infra.registry:
        infra.registry.wait()
    return infra
