"""An engagement database, and what comes to it: events of a source, leads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from pydantic import SecretStr

import services.engagement.migrations as migrations
from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.clock import millis
from chassis.db import Database, UnitOfWork
from chassis.ids import derived_id, tenant_id
from chassis.migrations import migrate
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import FrozenClock, packaged_codec
from services.engagement import commands
from services.engagement.domain import NO_KINDS
from services.engagement.intake import Intake, Outcome

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SITE = derived_id("source", "site")
NOBODYS = {"owner_id": None, "territory": None, "account_id": None}


@dataclass
class House:
    """The service's database, and what has to be known to look inside."""

    database: Database
    vault: Vault
    urls: dict[str, str]
    codec: Codec
    clock: FrozenClock
    versions: dict[str, int] = field(default_factory=dict)

    def run(self, work: Callable[[UnitOfWork], Any], tenant: UUID = ACME) -> Any:
        """The result of one transaction of the tenant."""
        return self.database.run(tenant, "system:test", work)

    def judge(self, *items: object, tenant: UUID = ACME, source: UUID = SITE) -> list[Outcome]:
        """What the front door makes of events."""
        now = millis(self.clock.now())
        return Intake(tenant, source, NO_KINDS, now, self.vault.email_hash).take(items)

    def receive(self, *items: object, tenant: UUID = ACME, source: UUID = SITE) -> list[Outcome]:
        """Events come through the front door and are consumed as one batch."""
        outcomes = self.judge(*items, tenant=tenant, source=source)
        self.consume([outcome.record for outcome in outcomes], tenant)
        return outcomes

    def consume(self, records: Sequence[dict[str, Any]], tenant: UUID = ACME) -> None:
        """One batch of engagement.received."""
        self.run(lambda uow: commands.receive(uow, records, self.vault.email_hash), tenant)

    def lead(self, name: str, email: str, status: str = "new", tenant: UUID = ACME, age: int = 0) -> UUID:
        """A lead that nobody owns is created or changed; `age` in milliseconds makes it older than now."""
        id = derived_id("test-lead", name)
        self.versions[name] = self.versions.get(name, 0) + 1
        record = {
            "lead_id": str(id),
            "version": self.versions[name],
            "status": status,
            "created_at": millis(NOON) - age,
            "email_hash": self.vault.email_hash(tenant, email),
            **NOBODYS,
        }
        self.run(lambda uow: commands.lead_told(uow, record), tenant)
        return id

    def moved(self, name: str, status: str, tenant: UUID = ACME) -> None:
        """A lead's status changes."""
        self.versions[name] += 1
        record = {"lead_id": str(derived_id("test-lead", name)), "version": self.versions[name]}
        self.run(lambda uow: commands.lead_moved(uow, record | {"status": status, "owner_id": None}), tenant)

    def told(self, topic: str = "engagement.recorded", tenant: UUID = ACME) -> list[dict[str, Any]]:
        """What was published on a topic, in order."""
        query = f"SELECT value FROM outbox WHERE topic = '{topic}' ORDER BY id"  # noqa: S608
        return [self.codec.decode(topic, bytes(value))[1] for (value,) in self.rows(query, tenant)]

    def rows(self, query: str, tenant: UUID = ACME) -> list[tuple[Any, ...]]:
        """What the database holds for a tenant."""
        with psycopg.connect(self.urls["app"]) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant)])
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    urls = database("engagement")
    migrate(urls["owner"], "engagement", Path(migrations.__path__[0]) / "versions")
    catalogue = Catalogue.load()
    codec, clock = packaged_codec(catalogue), FrozenClock(NOON)
    made = Database(urls["app"], clock=clock, publisher=Publisher(codec, catalogue, "engagement"))
    yield House(made, Vault(SecretStr(LOCAL_PII_KEY)), urls, codec, clock)
    made.close()


def track(message: str, event: str = "Email Opened", **fields: Any) -> dict[str, Any]:
    """A call of Segment's track."""
    return {"type": "track", "messageId": message, "event": event, **fields}


def identify(message: str, email: str, **fields: Any) -> dict[str, Any]:
    """A call of Segment's identify."""
    return {"type": "identify", "messageId": message, "traits": {"email": email}, **fields}


def loaded(text: bytes | str) -> Any:
    """JSON as it came."""
    return orjson.loads(text)
