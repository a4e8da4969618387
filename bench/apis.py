"""A service's API as a process of its own, beside the infrastructure of a measurement."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from chassis.migrations import migrate, versions_of
from deploy.local import keys
from deploy.local.free_ports import free_port
from deploy.local.home import ROOT
from deploy.local.infra import Infra
from deploy.local.process import Process


@contextmanager
def api_of(infra: Infra, service: str, **settings: str) -> Iterator[tuple[Process, int]]:
    """The API over its migrated database, and its port; blocks until it is ready, ended with the block.

    `settings` are its own, without the prefix of its name.
    """
    migrate(infra.databases[service]["owner"], service, versions_of(f"services.{service}.migrations"))
    port, ops = free_port(), free_port()
    told = {
        "PORT": str(port),
        "OPS_PORT": str(ops),
        "DATABASE_URL": infra.databases[service]["app"],
        **settings,
    }
    own = {f"{service.upper()}_{name}": value for name, value in told.items()}
    api = Process(infra.home, f"{service}-api")
    api.start([sys.executable, "-m", f"services.{service}", "api"], environment(infra) | own, ROOT)
    try:
        api.wait_until(lambda: answers(f"http://127.0.0.1:{ops}/readyz"))
        yield api, port
    finally:
        api.stop()


def environment(infra: Infra) -> dict[str, str]:
    """What every service process is told."""
    assert infra.kafka is not None
    assert infra.registry is not None
    keys.signing_key(infra.home)
    return {
        **os.environ,
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP": infra.kafka.bootstrap,
        "REGISTRY_URL": infra.registry.url,
        "AUTH_JWKS": str(infra.home / "keys" / "jwks.json"),
    }


def answers(url: str) -> bool:
    """Whether the address says that it is well."""
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False
