"""What the sample does with its database: a command, and handlers."""

import os
import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.clock import millis
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.outbox import Outgoing

NEXT = text(
    """
    INSERT INTO leads (tenant_id, lead_id, version) VALUES (:tenant, :lead, 1)
    ON CONFLICT (tenant_id, lead_id) DO UPDATE SET version = leads.version + 1
    RETURNING version
    """
)
APPEND = text(
    """
    INSERT INTO tallies AS t (tenant_id, lead_id, version, trail) VALUES (:tenant, :lead, :version, :trail)
    ON CONFLICT (tenant_id, lead_id)
    DO UPDATE SET version = excluded.version, trail = t.trail || ' ' || excluded.trail
    """
)


class Poison(Exception):
    """A record that no handler can take."""


def change(uow: UnitOfWork, topic: str, lead: str, *, poison: bool = False, pause: float = 0) -> int:
    """The lead's next version, told by an event; `pause` keeps the row locked for so many seconds."""
    version: int = uow.session.execute(NEXT, {"tenant": uow.tenant, "lead": lead}).scalar_one()
    uow.publish(status_changed(uow, topic, lead, version, poison=poison))
    if pause:
        uow.flush()
        time.sleep(pause)
    return version


def status_changed(uow: UnitOfWork, topic: str, lead: str, version: int, *, poison: bool = False) -> Outgoing:
    """The event of a version."""
    record = {
        "event_id": str(new_id()),
        "tenant_id": str(uow.tenant),
        "lead_id": lead,
        "version": version,
        "occurred_at": millis(uow.now),
        "actor": uow.actor,
        "status": "poison" if poison else "contacted",
        "previous": "new",
        "pinned": False,
        "seconds_in_previous": 1,
        "score": 10,
    }
    return Outgoing(topic, "LeadStatusChanged", f"{uow.tenant}:{lead}", record)


def apply(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Adds versions to the trails; refuses poison, unless the code was repaired (SAMPLE_REPAIRED)."""
    for event in events:
        if event.record["status"] == "poison" and not os.environ.get("SAMPLE_REPAIRED"):
            raise Poison("a record that nobody can take")
        values = {"lead": event.record["lead_id"], "version": event.record["version"]}
        uow.session.execute(APPEND, {"tenant": uow.tenant, "trail": str(values["version"]), **values})


def apply_one(uow: UnitOfWork, event: Event) -> None:
    """The same for one event."""
    apply(uow, [event])


def one_by_one(topic: str, group: str = "tally", *, resent: bool = True) -> Consumers:
    """Consumers with a call for each event."""
    consumers = Consumers(group)
    consumers.on(topic, "LeadStatusChanged", resent=resent)(apply_one)
    return consumers


def in_batches(topic: str, group: str = "tally") -> Consumers:
    """Consumers with a call for each run of events."""
    consumers = Consumers(group)
    consumers.on_batch(topic, "LeadStatusChanged")(apply)
    return consumers


def trails(uow: UnitOfWork) -> dict[str, str]:
    """Versions that the consumer has applied, by lead, in their order."""
    rows = uow.session.execute(text("SELECT lead_id, trail FROM tallies"))
    return {row.lead_id: row.trail for row in rows}


def versions(uow: UnitOfWork) -> dict[str, int]:
    """Versions that were accepted, by lead: what every trail has to end with."""
    return {
        row.lead_id: row.version for row in uow.session.execute(text("SELECT lead_id, version FROM leads"))
    }


def whole(version: int) -> str:
    """The trail of a lead that has lost, doubled and mixed up nothing."""
    return " ".join(str(number) for number in range(1, version + 1))


def lead(number: int) -> str:
    """A lead's id."""
    return str(UUID(int=number))
