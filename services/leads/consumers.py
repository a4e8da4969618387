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


def consumers(runtime: Runtime) -> Consumers:
    """The handlers of this service."""
    found = Consumers("leads")

    @found.on_batch("leads.score", "ScoreChanged")
    def score_changed(uow: UnitOfWork, events: Sequence[Event]) -> None:
        commands.store_scores(uow, [event.record for event in events])
        for event in events:
            waited(metrics().score_latency, event.record["recorded_at"], uow.now)

    @found.on_batch("engagement.recorded", "EngagementRecorded", resent=False)
    def engaged(uow: UnitOfWork, events: Sequence[Event]) -> None:
        commands.take_back_consents(uow, [event.record for event in events])

    @found.on("leads.lead", "LeadStatusChanged")
    def lead_moved(uow: UnitOfWork, event: Event) -> None:
        commands.lead_qualified(uow, runtime.vault, event.record)

    @found.on("accounts.account", "ConversionAccountReady", resent=False)
    def account_ready(uow: UnitOfWork, event: Event) -> None:
        commands.account_ready(uow, event.record)

    @found.on("accounts.account", "ConversionAccountRefused", resent=False)
    def account_refused(uow: UnitOfWork, event: Event) -> None:
        commands.account_refused(uow, event.record)

    @found.on("opportunities.opportunity", "ConversionOpportunityReady", resent=False)
    def opportunity_ready(uow: UnitOfWork, event: Event) -> None:
        commands.opportunity_ready(uow, event.record)

    @found.on("opportunities.opportunity", "ConversionOpportunityRefused", resent=False)
    def opportunity_refused(uow: UnitOfWork, event: Event) -> None:
        commands.opportunity_refused(uow, event.record)

    @found.on("accounts.account", "AccountOpened", resent=False)
    @found.on("accounts.account", "AccountChanged", resent=False)
    def account_told(uow: UnitOfWork, event: Event) -> None:
        commands.store_account(uow, event.record)
        commands.know_account(uow, event.record)

    @found.on("accounts.account", "ContactAdded", resent=False)
    @found.on("accounts.account", "ContactChanged", resent=False)
    def contact_changed(uow: UnitOfWork, event: Event) -> None:
        commands.know_contact(uow, runtime.vault, event.record)

    @found.on("accounts.account", "ContactRemoved")
    def contact_removed(uow: UnitOfWork, event: Event) -> None:
        commands.forget_contact(uow, UUID(event.record["contact_id"]))

    @found.on("accounts.subject-key", "SubjectKey")
    def contact_key(uow: UnitOfWork, event: Event) -> None:
        store_subject_key(uow, event)
        commands.open_contact(uow, runtime.vault, UUID(event.key.partition(":")[2]), erased=not event.record)

    @found.on_raw("clock.tick")
    def ticked(uow: UnitOfWork, records: Sequence[RawRecord]) -> None:
        if any(record.partition == 0 for record in records):  # one of a tick's copies is enough
            for tenant in commands.tenants_with_untouched_leads(uow):
                with uow.within(tenant) as own:
                    commands.reroute_untouched(own, runtime.vault)

    found.on("identity.user", "User", resent=False)(store_colleague)
    found.on("identity.subject-key", "SubjectKey")(store_subject_key)
    found.on_raw("leads.dead-letter")(store_dead_letter)
    return found
