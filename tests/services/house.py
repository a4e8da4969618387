"""A service's database, and the API in front of it with callers of two tenants."""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID

import httpx
import psycopg
from pydantic import SecretStr

from chassis.auth import Caller, SigningKey, make_signing_key, mint_token
from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.catalogue.check import read_example
from chassis.catalogue.contract import ROOT
from chassis.consumer import Event, RawRecord
from chassis.db import Database, UnitOfWork
from chassis.http import create_app
from chassis.ids import tenant_id, user_id
from chassis.migrations import migrate, versions_of
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.service import Service
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import FrozenClock, packaged_codec
from tests.chassis.http.conftest import serve

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class House:
    """The service's database and vault, and what has to be known to look inside."""

    service: Service
    database: Database
    vault: Vault
    codec: Codec
    catalogue: Catalogue
    clock: FrozenClock
    urls: dict[str, str]

    @classmethod
    @contextmanager
    def over(
        cls, service: Service, urls: dict[str, str], codec: Codec | None = None, keys: str | None = None
    ) -> Iterator[Self]:
        """A service over a fresh database, migrated; `keys` is the topic of other services' people."""
        migrate(urls["owner"], service.name, versions_of(service.migrations))
        catalogue, clock = Catalogue.load(), FrozenClock(NOON)
        codec = codec or packaged_codec(catalogue)
        database = Database(urls["app"], clock=clock, publisher=Publisher(codec, catalogue, service.name))
        vault = Vault(SecretStr(LOCAL_PII_KEY), keys or service.subject_keys)
        yield cls(service, database, vault, codec, catalogue, clock, urls)
        database.close()

    def run(self, work: Callable[[UnitOfWork], Any], tenant: UUID = ACME) -> Any:
        """The result of one transaction of the tenant."""
        return self.database.run(tenant, "system:test", work)

    def told_by_contract(self, topic: str, type: str, **fields: Any) -> dict[str, Any]:
        """The record that another service writes: the contract's example, but for these fields."""
        record = next(one for one in self.catalogue.topic(topic).records if one.name == type)
        example = ROOT / f"examples/{record.path}.v{len(record.versions)}.json"
        return {**read_example(example, record.newest), "tenant_id": str(ACME), **fields}

    def hear(self, topic: str, type: str, **fields: Any) -> None:
        """Another service tells something, by the contract, and this one does what it does then."""
        told = self.told_by_contract(topic, type, **fields)
        raw = RawRecord(topic, 0, 0, None, self.codec.encode(topic, type, told), [], -1)
        name, read = self.codec.decode(topic, raw.value)
        event = Event(topic, 0, 0, f"{ACME}:any", name, read, ACME, read["event_id"], {}, raw)
        process: Any = self
        consumers = self.service.declared(process)
        assert consumers is not None
        self.run(lambda uow: consumers.handlers[topic, name].run(uow, [event]))

    def rows(self, query: str, tenant: UUID = ACME) -> list[tuple[Any, ...]]:
        """What the database holds for a tenant."""
        with psycopg.connect(self.urls["app"]) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant)])
            return connection.execute(query.encode()).fetchall()

    def published(self, tenant: UUID = ACME) -> list[tuple[str, dict[str, Any], int | None]]:
        """Events that wait to be sent, but for tombstones: type, record, partition; in order."""
        with psycopg.connect(self.urls["relay"]) as connection:
            rows = connection.execute(
                "SELECT topic, value, partition, key FROM outbox WHERE value IS NOT NULL ORDER BY id"
            ).fetchall()
        mine = [row for row in rows if bytes(row[3]).startswith(str(tenant).encode())]
        return [(*self.codec.decode(topic, bytes(value)), number) for topic, value, number, _ in mine]


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


def opened(house: House, keys: Path, **settings: Any) -> Iterator[Door]:
    """The API over the house's database; `settings` beyond those of every service."""
    key = make_signing_key(keys)
    known = SimpleNamespace(
        environment="local",
        instance=f"test-{house.service.name}",
        public_url="https://crm.example",
        auth_issuer="https://identity.test",
        auth_audience="salescompass",
        auth_jwks=str(keys / "jwks.json"),
        gateways="127.0.0.1",
        cursor_key=SecretStr(base64.b64encode(b"k" * 32).decode()),
        **settings,
    )
    stop = threading.Event()
    runtime: Any = SimpleNamespace(
        settings=known,
        stop=stop,
        clock=house.clock,
        database=house.database,
        catalogue=house.catalogue,
        codec=house.codec,
        vault=house.vault,
    )
    served = serve(create_app(house.service, runtime))
    yield Door(next(served), key, known, house.clock)
    stop.set()
    for _ in served:
        pass
