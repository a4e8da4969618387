"""Kafka in: which command answers which event."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.pii import store_subject_key
from chassis.runtime import Runtime
from services.accounts import commands

GROUP = "accounts"
LEAD = (
    "LeadCreated",
    "LeadChanged",
    "LeadStatusChanged",
    "LeadAssigned",
    "LeadActivityLogged",
    "LeadConverted",
)
OPPORTUNITY = (
    "OpportunityOpened",
    "OpportunityChanged",
    "OpportunityStageChanged",
    "OpportunityWithdrawn",
)


def consumers(runtime: Runtime) -> Consumers:
    """The handlers of this service. Repeats of facts are known by version, or by epoch and sequence."""
    found = Consumers(GROUP)
    vault = runtime.vault
    clock = runtime.catalogue.topic("clock.tick")

    @found.on("leads.lead", "ConversionStarted")
    def conversion_started(uow: UnitOfWork, event: Event) -> None:
        commands.start_conversion(uow, vault, event.record)

    @found.on("leads.lead", "ConversionFailed")
    def conversion_failed(uow: UnitOfWork, event: Event) -> None:
        commands.give_up_conversion(uow, vault, UUID(event.record["conversion_id"]))

    @found.on("leads.subject-key", "SubjectKey")
    def lead_key(uow: UnitOfWork, event: Event) -> None:
        store_subject_key(uow, event)
        commands.resume_conversions(uow, vault, UUID(event.key.partition(":")[2]))

    @found.on_batch("leads.score", "ScoreChanged", resent=False)
    def scored(uow: UnitOfWork, events: Sequence[Event]) -> None:
        commands.take_scores(uow, [event.record for event in events])

    @found.on("notifications.alert", "AlertRaised", resent=False)
    def alerted(uow: UnitOfWork, event: Event) -> None:
        commands.take_alert(uow, event.record)

    @found.on_batch("clock.tick", "Tick", resent=False)
    def ticked(uow: UnitOfWork, events: Sequence[Event]) -> None:
        ticks = {event.partition: event.record for event in events}
        commands.pass_time(uow, GROUP, ticks, clock.partitions)

    for type in LEAD:
        found.on_batch("leads.lead", type, resent=False)(partial(_lead_told, type))
    for type in OPPORTUNITY:
        found.on("opportunities.opportunity", type, resent=False)(_deal_told)
    found.on("identity.user", "User", resent=False)(store_colleague)
    found.on("identity.subject-key", "SubjectKey", resent=False)(store_subject_key)
    return found


def _lead_told(type: str, uow: UnitOfWork, events: Sequence[Event]) -> None:
    records = [event.record for event in events]
    commands.take_leads(uow, type, records)
    if type == "LeadConverted":
        commands.plan_surveys(uow, records)


def _deal_told(uow: UnitOfWork, event: Event) -> None:
    commands.take_deal(uow, event.type, event.record)
