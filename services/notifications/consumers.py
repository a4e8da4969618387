"""Kafka in: which command answers which event."""

from chassis.consumer import Consumers, Event

from chassis import pii
from chassis.db import UnitOfWork
from services.notifications import commands

consumers = Consumers("notifications")


@consumers.on("notifications.alert", "AlertRaised")
def alert_raised(uow: UnitOfWork, event: Event) -> None:
    """An alert is open: store it and tell its audience."""
    commands.store_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertEscalated")
def alert_escalated(uow: UnitOfWork, event: Event) -> None:
    """An alert lasts: tell the manager."""
    commands.escalate_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertResolved")
def alert_resolved(uow: UnitOfWork, event: Event) -> None:
    """The cause of an alert ended."""
    commands.resolve_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertAcknowledged")
def alert_acknowledged(uow: UnitOfWork, event: Event) -> None:
    """Told by this service itself: its row says so already."""


@consumers.on("leads.lead", "LeadCreated")
@consumers.on("leads.lead", "LeadChanged")
def lead_changed(uow: UnitOfWork, event: Event) -> None:
    """A lead as it is now."""
    commands.store_lead(uow, event.record)


@consumers.on("leads.lead", "LeadStatusChanged")
def lead_status_changed(uow: UnitOfWork, event: Event) -> None:
    """A lead's new status."""
    commands.store_status(uow, event.record)


@consumers.on("identity.user", "User")
def user_changed(uow: UnitOfWork, event: Event) -> None:
    """A colleague as they are now."""
    commands.store_user(uow, event.record)


@consumers.on("leads.subject-key", "SubjectKey")
@consumers.on("identity.subject-key", "SubjectKey")
def subject_key(uow: UnitOfWork, event: Event) -> None:
    """A person's key came, or went with them."""
    pii.store_subject_key(uow, event)
