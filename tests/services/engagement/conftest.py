"""An engagement database, and what comes to it: events of a source, leads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest

from chassis.clock import millis
from chassis.ids import derived_id
from services.engagement import commands
from services.engagement.__main__ import SERVICE
from services.engagement.domain import NO_KINDS
from services.engagement.intake import Intake, Outcome
from tests.services.house import ACME, GLOBEX, NOON
from tests.services.house import House as ServiceHouse

__all__ = ["ACME", "GLOBEX", "NOON"]

SITE = derived_id("source", "site")
NOBODYS = {"owner_id": None, "territory": None, "account_id": None}


@dataclass
class House(ServiceHouse):
    """The service's database, and the leads that it has heard of."""

    versions: dict[str, int] = field(default_factory=dict)

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
        self.run(lambda uow: commands.leads_told(uow, [record]), tenant)
        return id

    def moved(self, name: str, status: str, tenant: UUID = ACME) -> None:
        """A lead's status changes."""
        self.versions[name] += 1
        record = {"lead_id": str(derived_id("test-lead", name)), "version": self.versions[name]}
        self.run(
            lambda uow: commands.leads_moved(uow, [record | {"status": status, "owner_id": None}]), tenant
        )

    def told(self, topic: str = "engagement.recorded", tenant: UUID = ACME) -> list[dict[str, Any]]:
        """What was published on a topic, in order."""
        query = f"SELECT value FROM outbox WHERE topic = '{topic}' ORDER BY id"  # noqa: S608
        return [self.codec.decode(topic, bytes(value))[1] for (value,) in self.rows(query, tenant)]


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    with House.over(SERVICE, database("engagement")) as house:
        yield house


def track(message: str, event: str = "Email Opened", **fields: Any) -> dict[str, Any]:
    """A call of Segment's track."""
    return {"type": "track", "messageId": message, "event": event, **fields}


def identify(message: str, email: str, **fields: Any) -> dict[str, Any]:
    """A call of Segment's identify."""
    return {"type": "identify", "messageId": message, "traits": {"email": email}, **fields}


def loaded(text: bytes | str) -> Any:
    """JSON as it came."""
    return orjson.loads(text)
