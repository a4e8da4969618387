"""Kafka in: which command answers which event. Repeated facts are known by version, or epoch and sequence."""

from collections.abc import Sequence
from uuid import UUID

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.pii import store_subject_keys
from chassis.runtime import Runtime
from services.accounts import commands

consumers = Consumers("accounts", busy=("leads.score",))


# --- conversions


@consumers.on("leads.lead", "ConversionStarted")
def start_conversion(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A lead is to become a customer: its account is opened or linked."""
    commands.start_conversion(uow, runtime.vault, event.record)


@consumers.on("leads.lead", "ConversionFailed")
def give_up_conversion(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """What the conversion opened goes."""
    commands.give_up_conversion(uow, runtime.vault, UUID(event.record["conversion_id"]))


@consumers.on_batch("leads.subject-key", "SubjectKey", resent=False)
def resume_conversions(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
    """Keys of leads came: what waited for them goes on."""
    store_subject_keys(uow, events)
    told = {event.aggregate: event for event in events}
    for lead in commands.leads_with_waiting_conversions(uow, told):
        uow.follow(told[lead].id, told[lead].trace, told[lead].headers.get("correlationid"))
        commands.resume_conversions(uow, runtime.vault, lead)


@consumers.on("leads.lead", "LeadErased", resent=False)
def erase_lead(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A person was erased, who may be a contact too."""
    commands.erase_lead(uow, runtime.vault, event.record)


# --- evidence


@consumers.on_batch(
    "leads.lead",
    "LeadCreated",
    "LeadChanged",
    "LeadStatusChanged",
    "LeadAssigned",
    "LeadActivityLogged",
    resent=False,
)
def take_leads(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """What leads do counts for their accounts."""
    commands.take_leads(uow, events[0].type, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadConverted", resent=False)
def take_conversions(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Accounts have new customers, who are to be asked one day."""
    records = [event.record for event in events]
    commands.take_leads(uow, "LeadConverted", records)
    commands.plan_surveys(uow, records)


@consumers.on_batch("leads.score", "ScoreChanged", resent=False)
def take_scores(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """What leads score counts for their accounts."""
    commands.take_scores(uow, [event.record for event in events])


@consumers.on(
    "opportunities.opportunity",
    "OpportunityOpened",
    "OpportunityChanged",
    "OpportunityStageChanged",
    "OpportunityWithdrawn",
    resent=False,
)
def take_deal(uow: UnitOfWork, event: Event) -> None:
    """What becomes of a deal counts for its account."""
    commands.take_deal(uow, event.type, event.record)


@consumers.on_batch("notifications.alert", "AlertRaised", resent=False)
def take_alerts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Alerts stand on timelines."""
    commands.take_alerts(uow, [event.record for event in events])


@consumers.on_batch("clock.tick", "Tick", resent=False)
def pass_time(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
    """Time goes by without activity."""
    ticks = {event.partition: event.record for event in events}
    commands.pass_time(uow, consumers.group, ticks, runtime.catalogue.topic("clock.tick").partitions)


consumers.on("identity.user", "User", resent=False)(store_colleague)
consumers.on_batch("identity.subject-key", "SubjectKey", resent=False)(store_subject_keys)
