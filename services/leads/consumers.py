"""Kafka in: which command answers which event."""

from collections.abc import Sequence
from uuid import UUID

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event, RawRecord
from chassis.db import UnitOfWork
from chassis.dead_letters import store_dead_letter
from chassis.metrics import metrics, waited
from chassis.pii import store_subject_key
from chassis.runtime import Runtime
from services.leads import commands

consumers = Consumers("leads", busy=("leads.score", "engagement.recorded"))


@consumers.on_batch("leads.score", "ScoreChanged")
def store_scores(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads have the scores that the stream made."""
    commands.store_scores(uow, [event.record for event in events])
    for event in events:
        waited(metrics().score_latency, event.record["recorded_at"], uow.now)


@consumers.on_batch("engagement.recorded", "EngagementRecorded", resent=False)
def take_back_consents(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Who unsubscribed takes no e-mail any more."""
    commands.take_back_consents(uow, [event.record for event in events])


# --- conversions


@consumers.on_batch("leads.lead", "LeadStatusChanged")
def convert_qualified(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
    """Qualified leads are converted by themselves, where the tenant wants that."""
    qualified = [event for event in events if event.record["status"] == "qualified"]
    if qualified and commands.converts_qualified(uow):
        for event in qualified:
            uow.follow(event.id, event.trace, event.headers.get("correlationid"))
            commands.lead_qualified(uow, runtime.vault, event.record)


@consumers.on("accounts.account", "ConversionAccountReady", resent=False)
def go_on_with_account(uow: UnitOfWork, event: Event) -> None:
    """Accounts did its step of a conversion."""
    commands.account_ready(uow, event.record)


@consumers.on("accounts.account", "ConversionAccountRefused", resent=False)
def turn_back_without_account(uow: UnitOfWork, event: Event) -> None:
    """Accounts cannot do its step."""
    commands.account_refused(uow, event.record)


@consumers.on("opportunities.opportunity", "ConversionOpportunityReady", resent=False)
def go_on_with_opportunity(uow: UnitOfWork, event: Event) -> None:
    """Opportunities did its step."""
    commands.opportunity_ready(uow, event.record)


@consumers.on("opportunities.opportunity", "ConversionOpportunityRefused", resent=False)
def turn_back_without_opportunity(uow: UnitOfWork, event: Event) -> None:
    """Opportunities cannot do its step."""
    commands.opportunity_refused(uow, event.record)


# --- whom a new lead may be, and whose it is


@consumers.on_batch("accounts.account", "AccountOpened", "AccountChanged", resent=False)
def know_accounts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Accounts as they are now."""
    records = [event.record for event in events]
    commands.store_accounts(uow, records)
    commands.know_accounts(uow, records)


@consumers.on_batch("accounts.account", "ContactAdded", "ContactChanged", resent=False)
def know_contacts(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
    """Contacts as they are now."""
    commands.know_contacts(uow, runtime.vault, [event.record for event in events])


@consumers.on_batch("accounts.account", "ContactRemoved", resent=False)
def forget_contacts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Contacts are gone."""
    commands.forget_contacts(uow, [UUID(event.record["contact_id"]) for event in events])


@consumers.on("accounts.account", "ContactErased", resent=False)
def erase_contact(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A contact was erased, and so is the person, whichever leads they are."""
    commands.erase_contact(uow, runtime.vault, event.record)


@consumers.on_batch("accounts.subject-key", "SubjectKey", resent=False)
def open_contacts(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
    """The keys of contacts came, or are gone for ever."""
    commands.open_contacts(uow, runtime.vault, events)


@consumers.on_raw("clock.tick")
def reroute_untouched(uow: UnitOfWork, records: Sequence[RawRecord], runtime: Runtime) -> None:
    """Time went by: leads that nobody touched go to the next one. One of a tick's copies is enough."""
    if any(record.partition == 0 for record in records):
        for tenant in commands.tenants_with_untouched_leads(uow):
            with uow.within(tenant) as own:
                commands.reroute_untouched(own, runtime.vault)


consumers.on("identity.user", "User", resent=False)(store_colleague)
consumers.on("identity.subject-key", "SubjectKey")(store_subject_key)
consumers.on_raw("leads.dead-letter")(store_dead_letter)
