"""Up, down and reset of the system of a home: what must be there before what."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from stamina import retry_context

from chassis import migrations
from chassis.catalogue import Catalogue, RegistryUnavailable, ensure_topics, register_schemas
from chassis.catalogue import Registry as RegistryClient
from deploy.local import fetch, seed
from deploy.local.home import ROOT
from deploy.local.process import Process
from deploy.local.system import System

Step = tuple[str, Callable[[], object]]


def steps(system: System) -> Iterator[Step]:
    """What `up` does, in order: a line for people and the work itself."""
    yield "Packages: Kafka, registry", lambda: (fetch.kafka_jars(), fetch.registry_app())
    yield "PostgreSQL, Kafka, registry", lambda: start_infra(system)
    yield "Topics and schemas", lambda: bring_contract(system)
    yield "Databases", lambda: migrate(system)
    yield "People", lambda: seed.seed(system)
    yield "Services and gateway", lambda: start_services(system)


def start_infra(system: System) -> None:
    """Starts the three together; blocks until all answer."""
    system.registry.start()
    system.kafka.start_node(0)
    system.postgres.start()
    system.kafka.processes[0].wait_until(system.kafka_answers)
    system.registry.wait()
    system.remember()


def bring_contract(system: System) -> None:
    """Topics and schemas as the contract says; raises when the cluster has other ones."""
    catalogue = Catalogue.load()
    ensure_topics(catalogue, system.kafka.bootstrap)
    for attempt in retry_context(on=RegistryUnavailable, attempts=None, timeout=60):
        with attempt, RegistryClient(system.registry.url) as registry:
            register_schemas(catalogue, registry)  # its first write takes a cold registry seconds


def migrate(system: System) -> None:
    """Brings every service's database to its newest state, as the service's own `migrate` role does."""
    for name, urls in system.databases.items():
        migrations.migrate(urls["owner"], name, migrations.versions_of(f"services.{name}.migrations"))


def start_services(system: System) -> None:
    """Starts our processes and the supervisor; blocks until every one is ready."""
    programs = system.programs()
    for program in programs:
        program.start()
    if system.supervisor.running() is None:
        environment = {**os.environ, "SALESCOMPASS_HOME": str(system.home)}
        system.supervisor.start([sys.executable, "-m", "deploy.local.supervisor"], environment, ROOT)
    for program in programs:
        program.process.wait_until(program.ready, seconds=180)


def is_up(system: System) -> bool:
    """Whether everything runs and is ready."""
    if system.supervisor.running() is None or system.postgres.process.running() is None:
        return False
    system.postgres.start()  # finds the socket of the running one
    return all(program.process.running() and program.ready() for program in system.programs())


def down(system: System) -> None:
    """Ends everything, front door first, by pid; data stays. Blocks, at most half a minute."""
    names = {file.stem for file in (system.home / "pids").glob("*.json")} - {"kafka", "registry", "postgres"}
    for first in ("supervisor", "gateway"):
        Process(system.home, first).stop()
    stop_all(Process(system.home, name) for name in names - {"supervisor", "gateway"})
    stop_all((system.registry, system.kafka, system.postgres))


class Part(Protocol):
    """What can be ended."""

    def stop(self) -> None:
        """Ends it; blocks."""


def stop_all(parts: Iterable[Part]) -> None:
    """Ends all at once; blocks until the last has ended."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda part: part.stop(), parts))


def reset(system: System) -> None:
    """Ends everything and wipes the data; fetched packages stay."""
    down(system)
    for entry in system.home.iterdir():
        if entry.name != "cache":
            remove(entry)


def remove(entry: Path) -> None:
    """Deletes a file or a folder with all in it."""
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink()
