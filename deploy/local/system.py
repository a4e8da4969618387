"""The whole system of a home: which processes there are, with which environment, on which ports."""

import json
import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.local import keys
from deploy.local.home import ROOT, folder, listens, need_port, serves
from deploy.local.infra import SERVICES
from deploy.local.kafka import Kafka, answers
from deploy.local.ports import ports
from deploy.local.postgres import Postgres
from deploy.local.process import Process
from deploy.local.registry import Registry

GATEWAY = ROOT / "deploy" / "gateway" / "Caddyfile"
ROLES = {
    "engagement": {"api": ("api",), "work": ("consume", "relay", "prune")},
    "leads": {"api": ("api",), "work": ("consume", "relay", "import", "prune"), "stream": ("stream",)},
    "opportunities": {"api": ("api",), "work": ("consume", "relay")},
    "accounts": {"api": ("api",), "work": ("consume", "relay", "import", "prune")},
    "notifications": {
        "api": ("api",),
        "work": ("consume", "relay", "send", "clock"),
        "stream": ("stream",),
    },
}
"""Service to process to roles: few processes for one small machine; a cluster runs each role apart."""


@dataclass
class Program:
    """One process of ours: how it is started and how it says that it is ready."""

    process: Process
    command: list[str]
    environment: dict[str, str]
    ready_at: tuple[int, str] | None
    """Port and path that say so; without one, listening is enough."""
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As in logs and in `salescompass info`."""
        return self.process.name

    def start(self) -> None:
        """Starts it where it does not run; does not wait. Raises `SetupError` for a taken port."""
        if self.process.running() is None:
            for name, port in self.ports.items():
                need_port(port, name)
            self.process.start(self.command, self.environment, ROOT)

    def ready(self) -> bool:
        """Whether it says that it is."""
        if self.ready_at is None:
            return all(listens(port) for port in self.ports.values())
        return serves(*self.ready_at)


class System:
    """Everything of one home, running or not."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = ports(home)
        self.kafka = Kafka(home, (self.ports["kafka"],))
        self.registry = Registry(home, self.ports["registry"])
        self.postgres = Postgres(home)
        self.supervisor = Process(home, "supervisor")

    @cached_property
    def databases(self) -> dict[str, dict[str, str]]:
        """Service to role to address; PostgreSQL must run. A given <SERVICE>_DATABASE_URL wins."""
        return {name: self.given(name) or self.postgres.ensure(name, name) for name in SERVICES}

    def given(self, service: str) -> dict[str, str] | None:
        """Addresses of a database that the environment names."""
        prefix = service.upper()
        if url := os.environ.get(f"{prefix}_DATABASE_URL"):
            owner = os.environ.get(f"{prefix}_OWNER_DATABASE_URL", url)
            return {"app": url, "owner": owner, "relay": os.environ.get(f"{prefix}_RELAY_DATABASE_URL", url)}
        return None

    @property
    def gateway_url(self) -> str:
        """The one origin that people and other systems use."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    def environment(self) -> dict[str, str]:
        """What every service process is told."""
        keys.signing_key(self.home)
        shared = {
            "ENVIRONMENT": "local",
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "REGISTRY_URL": self.registry.url,
            "AUTH_JWKS": str(self.home / "keys" / "jwks.json"),
            "PII_KEY": keys.secret(self.home, "pii"),
            "CURSOR_KEY": keys.secret(self.home, "cursor"),
            "SMTP_URL": f"smtp://127.0.0.1:{self.ports['smtp']}",
            "PUBLIC_URL": self.gateway_url,
            "SCHEMA_IDS": str(folder(self.home / "schemas") / "ids.json"),
        }
        for service, urls in self.databases.items():
            prefix = service.upper()
            shared[f"{prefix}_DATABASE_URL"] = urls["app"]
            shared[f"{prefix}_OWNER_DATABASE_URL"] = urls["owner"]
            shared[f"{prefix}_RELAY_DATABASE_URL"] = urls["relay"]
            shared[f"{prefix}_PORT"] = str(self.ports[service])
        return {**os.environ, **shared}

    def programs(self) -> list[Program]:
        """Our processes in the order of their start."""
        shared = self.environment()
        services = [self.service(name, part, shared) for name, parts in ROLES.items() for part in parts]
        return [self.mail(), *services, self.gateway()]

    def service(self, name: str, part: str, shared: dict[str, str]) -> Program:
        """One process of a service."""
        ops = self.ports[f"{name}_{part}_ops"]
        told = {f"{name.upper()}_OPS_PORT": str(ops), "INSTANCE": f"{name}-{part}"}
        listens = {f"{name}_{part}_ops": ops} | ({name: self.ports[name]} if part == "api" else {})
        return Program(
            Process(self.home, f"{name}-{part}"),
            [sys.executable, "-m", f"services.{name}", *ROLES[name][part]],
            {**shared, **told},
            (ops, "/readyz"),
            listens,
        )

    def gateway(self) -> Program:
        """Caddy, the one origin."""
        told = {f"{name.upper()}_UPSTREAM": f"127.0.0.1:{self.ports[name]}" for name in SERVICES}
        environment = {
            **os.environ,
            **told,
            "GATEWAY_PORT": str(self.ports["gateway"]),
            "XDG_DATA_HOME": str(self.home / "gateway"),
            "XDG_CONFIG_HOME": str(self.home / "gateway"),
        }
        command = [str(Path(sys.executable).with_name("caddyserver")), "run", "--config", str(GATEWAY)]
        return Program(
            Process(self.home, "gateway"),
            [*command, "--adapter", "caddyfile"],
            environment,
            (self.ports["gateway"], "/livez"),
            {"gateway": self.ports["gateway"]},
        )

    def mail(self) -> Program:
        """The mail server that keeps mails as files."""
        port = self.ports["smtp"]
        command = [sys.executable, "-m", "deploy.local.mail", str(self.home / "mail"), str(port)]
        return Program(Process(self.home, "mail"), command, dict(os.environ), None, {"smtp": port})

    def kafka_answers(self) -> bool:
        """Whether the broker serves metadata."""
        return answers(self.ports["kafka"])

    def info(self) -> dict[str, Any]:
        """Addresses for people, tests and tools; PostgreSQL must run."""
        return {
            "gateway": self.gateway_url,
            "kafka": self.kafka.bootstrap,
            "registry": self.registry.url,
            "databases": {name: urls["app"] for name, urls in self.databases.items()},
            "mail": str(self.home / "mail"),
            "home": str(self.home),
        }

    def remember(self) -> None:
        """Writes the addresses to `runtime.json`, where the command finds them."""
        fresh = self.home / "runtime.new"
        fresh.write_text(json.dumps(self.info(), indent=1))
        fresh.rename(self.home / "runtime.json")
