"""Kafka in: which command answers which event. Every command ignores repeats itself, so no inbox is kept."""

from collections.abc import Sequence

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.dead_letters import store_dead_letter
from chassis.metrics import metrics, waited
from chassis.pii import store_subject_key
from services.notifications import commands

consumers = Consumers("notifications")


@consumers.on_batch("notifications.alert", "AlertRaised", resent=False)
def alerts_raised(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Alerts are open: store them and tell their audiences."""
    commands.store_alerts(uow, [event.record for event in events])
    for event in events:
        waited(metrics().alert_latency, event.record["recorded_at"], uow.now)


@consumers.on("notifications.alert", "AlertEscalated", resent=False)
def alert_escalated(uow: UnitOfWork, event: Event) -> None:
    """An alert lasts: tell the manager."""
    commands.escalate_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertResolved", resent=False)
def alert_resolved(uow: UnitOfWork, event: Event) -> None:
    """The cause of an alert ended."""
    commands.resolve_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertAcknowledged", resent=False)
def alert_acknowledged(uow: UnitOfWork, event: Event) -> None:
    """Told by this service itself: its row says so already."""


@consumers.on("leads.lead", "LeadCreated", resent=False)
@consumers.on("leads.lead", "LeadChanged", resent=False)
def lead_changed(uow: UnitOfWork, event: Event) -> None:
    """A lead as it is now."""
    commands.store_lead(uow, event.record)


@consumers.on_batch("leads.lead", "LeadStatusChanged", resent=False)
def lead_status_changed(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads' new statuses."""
    commands.store_statuses(uow, [event.record for event in events])


@consumers.on("leads.lead", "LeadAssigned", resent=False)
def lead_assigned(uow: UnitOfWork, event: Event) -> None:
    """A lead has another owner: tell the new one."""
    commands.tell_assigned(uow, event.record)


@consumers.on("leads.lead", "LeadConsentChanged", resent=False)
def consent_changed(uow: UnitOfWork, event: Event) -> None:
    """A person allowed or forbade a channel."""
    commands.store_consent(uow, event.record)


@consumers.on("leads.lead", "LeadConverted", resent=False)
def lead_converted(uow: UnitOfWork, event: Event) -> None:
    """A lead was converted: tell whom it concerns, and greet the customer."""
    commands.tell_converted(uow, event.record)
    commands.welcome(uow, event.record)


@consumers.on("leads.form", "FormConfirmationWanted", resent=False)
def form_confirmation_wanted(uow: UnitOfWork, event: Event) -> None:
    """Somebody is to confirm an address: send the link."""
    commands.ask_to_confirm(uow, event.record)


@consumers.on("accounts.account", "AccountOpened", resent=False)
@consumers.on("accounts.account", "AccountChanged", resent=False)
def account_changed(uow: UnitOfWork, event: Event) -> None:
    """An account as it is now."""
    commands.store_account(uow, event.record)


@consumers.on("opportunities.opportunity", "OpportunityOpened", resent=False)
@consumers.on("opportunities.opportunity", "OpportunityChanged", resent=False)
@consumers.on("opportunities.opportunity", "OpportunityStageChanged", resent=False)
def opportunity_changed(uow: UnitOfWork, event: Event) -> None:
    """An opportunity as it is now."""
    commands.store_opportunity(uow, event.record)


consumers.on("identity.user", "User", resent=False)(store_colleague)
for topic in ("leads.subject-key", "identity.subject-key"):
    consumers.on(topic, "SubjectKey", resent=False)(store_subject_key)

consumers.on_raw("notifications.dead-letter")(store_dead_letter)
