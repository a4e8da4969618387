"""What this service's own writes say: domain event to topic, key and record."""

from uuid import UUID

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import derived_id, new_id
from chassis.outbox import Outgoing
from services.notifications.models import Alert, Message


def alert_acknowledged(uow: UnitOfWork, alert: Alert) -> Outgoing:
    """A person took notice."""
    return Outgoing(
        topic="notifications.alert",
        type="AlertAcknowledged",
        key=f"{uow.tenant}:{alert.subject_id}",
        record={
            "event_id": str(new_id()),
            "tenant_id": str(uow.tenant),
            "subject_id": str(alert.subject_id),
            "alert_id": str(alert.id),
            "occurred_at": millis(uow.now),
            "actor": uow.actor,
        },
    )


def message_sent(uow: UnitOfWork, message: Message) -> Outgoing:
    """One attempt to bring a message to a person ended; the same attempt always has the same id."""
    return Outgoing(
        topic="notifications.message",
        type="MessageSent",
        key=f"{uow.tenant}:{message.recipient_id}",
        record={
            "event_id": str(derived_id(message.id, "attempt", message.attempt)),
            "tenant_id": str(uow.tenant),
            "message_id": str(message.id),
            "channel": message.channel,
            "recipient_id": str(message.recipient_id),
            "alert_id": str(message.alert_id) if message.alert_id else None,
            "state": "failed" if message.state == "queued" else message.state,
            "attempt": message.attempt,
            "occurred_at": millis(uow.now),
        },
    )


def item_id(alert: UUID, recipient: UUID) -> UUID:
    """Id of a person's inbox item for an alert."""
    return derived_id("inbox", alert, recipient)


def message_id(cause: UUID | str, channel: str, recipient: UUID) -> UUID:
    """Id of the message to a person that an alert, a submission or a conversion causes."""
    return derived_id("message", cause, channel, recipient)
