"""A leads database, and the API in front of it with callers of two tenants."""

import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from pydantic import SecretStr

import services.leads.migrations as migrations
from chassis.auth import Caller, SigningKey, make_signing_key, mint_token
from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.db import Database, UnitOfWork
from chassis.http import create_app
from chassis.ids import tenant_id, user_id
from chassis.migrations import migrate
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import FrozenClock, packaged_codec
from services.leads.__main__ import SERVICE
from tests.chassis.http.conftest import serve

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class House:
    """The service's database and vault, and what has to be known to look inside."""

    database: Database
    vault: Vault
    codec: Codec
    catalogue: Catalogue
    clock: FrozenClock
    urls: dict[str, str]

    def run(self, work: Callable[[UnitOfWork], Any], tenant: UUID = ACME) -> Any:
        """The result of one transaction of the tenant."""
        return self.database.run(tenant, "system:test", work)

    def published(self, tenant: UUID = ACME) -> list[tuple[str, dict[str, Any], int | None]]:
        """Events that wait to be sent: type, record, partition; in order."""
        with psycopg.connect(self.urls["relay"]) as connection:
            rows = connection.execute(
                "SELECT topic, value, partition, key FROM outbox ORDER BY id"
            ).fetchall()
        mine = [row for row in rows if bytes(row[3]).startswith(str(tenant).encode())]
        return [(*self.codec.decode(topic, bytes(value)), number) for topic, value, number, _ in mine]


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    urls = database("leads")
    migrate(urls["owner"], "leads", Path(migrations.__path__[0]) / "versions")
    catalogue = Catalogue.load()
    codec, clock = packaged_codec(catalogue), FrozenClock(NOON)
    made = Database(urls["app"], clock=clock, publisher=Publisher(codec, catalogue, "leads"))
    yield House(made, Vault(SecretStr(LOCAL_PII_KEY), "leads.subject-key"), codec, catalogue, clock, urls)
    made.close()


@dataclass
class Door:
    """The served API and the key that signs its callers."""

    url: str
    key: SigningKey
    settings: Any
    clock: FrozenClock

    def client(self, login: str = "ana", *roles: str, tenant: UUID = ACME) -> httpx.Client:
        """A signed-in person; a rep where nothing is said."""
        caller = Caller(tenant, user_id(tenant, login), login, frozenset(roles or ("rep",)))
        bearer = mint_token(self.key, self.settings, caller)
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {bearer}"}, timeout=60)

    def later(self, **by: float) -> None:
        """Time goes by."""
        self.clock.advance(timedelta(**by))


@pytest.fixture
def door(house: House, tmp_path: Path) -> Iterator[Door]:
    """The API over a real database."""
    key = make_signing_key(tmp_path)
    settings = SimpleNamespace(
        environment="local",
        instance="test-leads",
        auth_issuer="https://identity.test",
        auth_audience="salescompass",
        auth_jwks=str(tmp_path / "jwks.json"),
        cursor_key=SecretStr(base64.b64encode(b"k" * 32).decode()),
    )
    runtime: Any = SimpleNamespace(
        settings=settings,
        stop=threading.Event(),
        clock=house.clock,
        database=house.database,
        catalogue=house.catalogue,
        codec=house.codec,
        vault=house.vault,
    )
    served = serve(create_app(SERVICE, runtime))
    yield Door(next(served), key, settings, house.clock)
    for _ in served:
        pass


@pytest.fixture
def ana(door: Door) -> Iterator[httpx.Client]:
    """A rep of ACME."""
    with door.client() as client:
        yield client


@pytest.fixture
def ada(door: Door) -> Iterator[httpx.Client]:
    """An admin of ACME."""
    with door.client("ada", "admin") as client:
        yield client
