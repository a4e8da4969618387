"""Kafka in: which command answers which event. Every command ignores repeats itself, so no inbox is kept."""

from collections.abc import Sequence

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.dead_letters import store_dead_letter
from chassis.metrics import metrics, waited
from chassis.pii import store_subject_keys
from chassis.runtime import Runtime
from services.notifications import commands

consumers = Consumers("notifications")


@consumers.on_batch("notifications.alert", "AlertRaised", resent=False)
def store_alerts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Alerts are open: their audiences are told."""
    commands.store_alerts(uow, [event.record for event in events])
    for event in events:
        waited(metrics().alert_latency, event.record["recorded_at"], uow.now)


@consumers.on("notifications.alert", "AlertEscalated", resent=False)
def escalate_alert(uow: UnitOfWork, event: Event) -> None:
    """An alert lasts: the manager is told."""
    commands.escalate_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertResolved", resent=False)
def resolve_alert(uow: UnitOfWork, event: Event) -> None:
    """The cause of an alert ended."""
    commands.resolve_alert(uow, event.record)


@consumers.on("notifications.alert", "AlertAcknowledged", resent=False)
def store_acknowledgement(uow: UnitOfWork, event: Event) -> None:
    """A person took notice, as the row says already, unless the table is built anew."""
    commands.store_acknowledgement(uow, event.record)


@consumers.on_batch("leads.lead", "LeadCreated", "LeadChanged", resent=False)
def know_leads(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads as they are now."""
    commands.store_leads(uow, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadStatusChanged", resent=False)
def know_statuses(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads' statuses as they are now."""
    commands.store_statuses(uow, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadAssigned", resent=False)
def tell_new_owners(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads have other owners, who are told."""
    commands.tell_assigned(uow, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadConsentChanged", resent=False)
def know_consents(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """People allowed or forbade a channel."""
    commands.store_consents(uow, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadConverted", resent=False)
def greet_customers(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads were converted: whom it concerns is told, and the customers greeted."""
    records = [event.record for event in events]
    commands.tell_converted(uow, records)
    commands.welcome(uow, records)


@consumers.on("leads.lead", "LeadErased", resent=False)
def forget_lead(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A person was erased: nothing that was written of them stays."""
    commands.forget_lead(uow, runtime.vault, event.record)


@consumers.on("leads.form", "FormConfirmationWanted", resent=False)
def ask_to_confirm(uow: UnitOfWork, event: Event) -> None:
    """Somebody is to confirm an address, and gets the link."""
    commands.ask_to_confirm(uow, event.record)


@consumers.on_batch("accounts.account", "AccountOpened", "AccountChanged", resent=False)
def know_accounts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Accounts as they are now."""
    commands.store_accounts(uow, [event.record for event in events])


@consumers.on_batch(
    "opportunities.opportunity",
    "OpportunityOpened",
    "OpportunityChanged",
    "OpportunityStageChanged",
    resent=False,
)
def know_opportunities(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Opportunities as they are now."""
    commands.store_opportunities(uow, [event.record for event in events])


consumers.on("identity.user", "User", resent=False)(store_colleague)
for topic in ("leads.subject-key", "identity.subject-key"):
    consumers.on_batch(topic, "SubjectKey", resent=False)(store_subject_keys)

consumers.on_raw("notifications.dead-letter")(store_dead_letter)
