"""A notifications database with the people of ACME, and the events that fill it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.avro import Codec
from chassis.clock import millis
from chassis.colleagues.table import keep_colleague
from chassis.db import UnitOfWork
from chassis.ids import derived_id, new_id, user_id
from deploy.local.free_ports import free_port
from services.notifications import commands
from services.notifications.__main__ import SERVICE
from tests.colleagues import user_record
from tests.services.house import ACME, GLOBEX, NOON
from tests.services.house import House as ServiceHouse

__all__ = ["ACME", "GLOBEX", "NOON"]


@dataclass
class Post:
    """A mail server that answers as it is told and keeps what it accepts."""

    answers: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    callers: set[object] = field(default_factory=set)
    then: Callable[[], object] = bool
    """What happens after a mail was accepted."""
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a finished mail."""
        answer = self.answers.pop(0) if self.answers else "250 kept"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.callers.add(session.peer)
            self.then()
        return answer

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.port}"


class House(ServiceHouse):
    """The service's database, and those who work at ACME."""

    def person(self, login: str, *roles: str, tenant: UUID = ACME, **more: Any) -> UUID:
        """A colleague, with an address."""
        id = user_id(tenant, login)

        def store(uow: UnitOfWork) -> None:
            pii, key = self.vault.seal(uow, id, {"email": f"{login}@acme.example", "name": login.title()})
            keep_colleague(uow, user_record(tenant, login, *roles, **{"pii": pii, "key_id": key, **more}))

        self.run(store, tenant)
        return id

    def lead(self, name: str, owner: UUID | None, tenant: UUID = ACME, **more: Any) -> UUID:
        """A lead with this first name, as the leads service tells it, and an address of initech."""
        id = derived_id("test-lead", name)
        person = {"last_name": "Doe", "email": f"{name.lower()}@initech.example"}

        def store(uow: UnitOfWork) -> None:
            pii, key = self.vault.seal(uow, id, person | {"first_name": name})
            record = {"lead_id": str(id), "version": 1, "status": "new"}
            record |= {"owner_id": owner and str(owner), "pii": pii, "key_id": key}
            record |= {"territory": None, "account_id": None}
            commands.store_leads(uow, [record | more])

        self.run(store, tenant)
        return id

    def raised(self, lead: UUID, owner: UUID | None, tenant: UUID = ACME, **more: Any) -> dict[str, Any]:
        """A stored high-value alert about the lead; the record that raised it."""
        record = alert_record(lead, owner, self.clock.now()) | more
        self.run(lambda uow: commands.store_alerts(uow, [record]), tenant)
        return record


def alert_record(lead: UUID, owner: UUID | None, at: datetime) -> dict[str, Any]:
    """An urgent alert as the processor raises it."""
    return {
        "event_id": str(new_id()),
        "subject_id": str(lead),
        "alert_id": str(derived_id("alert", lead)),
        "kind": "high_value",
        "severity": "urgent",
        "cause": "85:created",
        "raised_at": millis(at),
        "recorded_at": millis(at),
        "cause_id": str(new_id()),
        "threshold": 85,
        "score": 92,
        "status": "qualified",
        "owner_id": owner and str(owner),
    }


def open_house(urls: dict[str, str], codec: Codec | None = None) -> AbstractContextManager[House]:
    """A migrated database with what reads and writes it."""
    return House.over(SERVICE, urls, codec, keys="identity.subject-key")


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh database."""
    with open_house(database("notifications")) as house:
        yield house


@pytest.fixture
def post() -> Iterator[Post]:
    """A running mail server."""
    kept = Post(port=free_port())
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    yield kept
    controller.stop()
