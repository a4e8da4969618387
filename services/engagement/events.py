"""What happened here, as other services and our own consumers read it: topic, key, record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import millis
from chassis.outbox import Outgoing

INBOUND = "engagement.inbound"
RECEIVED = "engagement.received"
RECORDED = "engagement.recorded"
REJECTED = "engagement.rejected"

ENGAGING = frozenset({"track", "page", "screen"})
"""Calls that tell of something a person did. The others only say who they are."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of a lead, without what is personal in it."""

    id: UUID
    lead_id: UUID
    source_id: UUID
    type: str
    kind: str
    occurred_at: datetime
    received_at: datetime
    once_key: int | None
    path: str | None


def recorded(tenant: UUID, event: Recorded) -> Outgoing:
    """A lead's engagement, under the lead's key."""
    occurred = millis(event.occurred_at)
    record = {
        "event_id": str(event.id),
        "tenant_id": str(tenant),
        "lead_id": str(event.lead_id),
        "kind": event.kind,
        "occurred_at": occurred,
        "received_at": millis(event.received_at),
        "once_key": event.once_key,
        "path": event.path,
        "source_id": str(event.source_id),
    }
    return Outgoing(RECORDED, "EngagementRecorded", f"{tenant}:{event.lead_id}", record, occurred)


def received(key: str, record: dict[str, Any]) -> Outgoing:
    """An event that came in by another way than the front door."""
    return Outgoing(RECEIVED, "EngagementReceived", key, record, record["occurred_at"])


def rejected(tenant: UUID, record: dict[str, Any]) -> Outgoing:
    """An event that could not be taken, without its content."""
    return Outgoing(
        REJECTED, "EngagementRejected", f"{tenant}:{record['source_id']}", record, record["occurred_at"]
    )
