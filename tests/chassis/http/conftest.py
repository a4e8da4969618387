"""A served app over a real database, and callers of two tenants."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from structlog.typing import Processor

from chassis.auth import Caller, SigningKey, make_signing_key, mint_token
from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.clock import SystemClock
from chassis.consumer import Consumers
from chassis.db import Database
from chassis.http import Router, create_app
from chassis.ids import tenant_id, user_id
from chassis.migrations import migrate
from chassis.testing import packaged_codec
from deploy.local.postgres import Postgres
from tests.chassis.http import notes

VERSIONS = Path(notes.__file__).parent / "migrations" / "versions"
POOL = 4


@dataclass(frozen=True)
class Settings:
    """What the edge reads of settings."""

    auth_jwks: str
    environment: str = "local"
    auth_issuer: str = "https://identity.test"
    auth_audience: str = "salescompass"
    gateways: str = "127.0.0.1"
    cursor_key: SecretStr = field(default_factory=lambda: SecretStr(base64.b64encode(b"k" * 32).decode()))


@dataclass(frozen=True)
class Runtime:
    """What the edge uses of a process."""

    settings: Settings
    url: str
    database: Database
    catalogue: Catalogue
    codec: Codec


@dataclass(frozen=True)
class Service:
    """The notes service."""

    name: str = "notes"
    routers: tuple[Router, ...] = (notes.router,)
    errors: dict[type[Exception], tuple[int, str]] = field(default_factory=lambda: notes.ERRORS)
    consumers: Consumers = notes.consumers


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> Iterator[None]:
    """Tracebacks as in production: the default would also render every local of every frame, for seconds."""
    before = structlog.get_config()
    plain: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=repr),
    ]
    structlog.configure(processors=plain)
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def runtime(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A process over a fresh, migrated database."""
    name = f"notes_{uuid4().hex[:12]}"
    urls = postgres.ensure(name, "notes")
    migrate(urls["owner"], "notes", VERSIONS)
    keys = tmp_path_factory.mktemp("keys")
    make_signing_key(keys)
    database = Database(urls["app"], clock=SystemClock(), pool_size=POOL)
    catalogue = Catalogue.load()
    settings, codec = Settings(str(keys / "jwks.json")), packaged_codec(catalogue)
    yield Runtime(settings, urls["app"], database, catalogue, codec)
    database.close()
    postgres.drop(name)


def serve(app: FastAPI) -> Iterator[str]:
    """Serves an app on a free port as long as the iterator is held; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def address(runtime: Runtime) -> Iterator[str]:
    """Where the notes service is served."""
    yield from serve(create_app(Service(), runtime))


@pytest.fixture(scope="session")
def key(runtime: Runtime) -> SigningKey:
    """The local issuer's key."""
    return make_signing_key(Path(runtime.settings.auth_jwks).parent)


Client = Callable[..., httpx.Client]


@pytest.fixture
def client(address: str, key: SigningKey, runtime: Runtime) -> Iterator[Client]:
    """Makes HTTP clients of a user: `client("ana", tenant="acme", roles=("rep",))`."""
    opened: list[httpx.Client] = []

    def make(
        login: str = "ana", tenant: str | UUID = "acme", roles: tuple[str, ...] = ("rep",)
    ) -> httpx.Client:
        owner = tenant if isinstance(tenant, UUID) else tenant_id(tenant)
        caller = Caller(owner, user_id(owner, login), login, frozenset(roles))
        token = mint_token(key, runtime.settings, caller)
        opened.append(
            httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        )
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def ana(client: Client) -> httpx.Client:
    """A rep of a tenant that no other test has."""
    return client("ana", uuid4())


def keyed(key: str | None = None) -> dict[str, str]:
    """The header of a request that may be sent again."""
    return {"Idempotency-Key": key or str(uuid4())}


def write(client: httpx.Client, **note: Any) -> dict[str, Any]:
    """Writes a note and gives it back."""
    answer = client.post("/api/notes", json={"text": "hello"} | note, headers=keyed())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
