"""Kafka in: which command answers which event."""

from collections.abc import Sequence

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event, RawRecord
from chassis.db import UnitOfWork
from chassis.runtime import Runtime
from services.engagement import commands
from services.engagement.inbound import Inbound
from services.engagement.intake import REJECTED
from services.engagement.write_keys import doorkeeper

GROUP = "engagement"


def consumers(runtime: Runtime) -> Consumers:
    """The handlers of this service. Repeats are known by the stored event itself, or by a lead's version."""
    found = Consumers(GROUP)
    inbound = Inbound(runtime.codec, runtime.vault, doorkeeper(runtime), GROUP)
    email_hash = runtime.vault.email_hash

    @found.on_batch("engagement.received", "EngagementReceived", resent=False)
    def received(uow: UnitOfWork, events: Sequence[Event]) -> None:
        for event in events:
            if event.record["type"] == REJECTED:
                commands.store_rejected(uow, event.record)
        if taken := [event.record for event in events if event.record["type"] != REJECTED]:
            commands.receive(uow, taken, email_hash)

    @found.on("leads.lead", "LeadCreated", resent=False)
    @found.on("leads.lead", "LeadChanged", resent=False)
    def lead_told(uow: UnitOfWork, event: Event) -> None:
        commands.lead_told(uow, event.record)

    @found.on("leads.lead", "LeadStatusChanged", resent=False)
    def lead_moved(uow: UnitOfWork, event: Event) -> None:
        commands.lead_moved(uow, event.record)

    @found.on("leads.lead", "LeadConverted", resent=False)
    def lead_converted(uow: UnitOfWork, event: Event) -> None:
        commands.lead_converted(uow, event.record)

    @found.on("accounts.account", "AccountOpened", resent=False)
    @found.on("accounts.account", "AccountChanged", resent=False)
    def account_told(uow: UnitOfWork, event: Event) -> None:
        commands.account_told(uow, event.record)

    @found.on_raw("engagement.inbound")
    def foreign(uow: UnitOfWork, records: Sequence[RawRecord]) -> None:
        inbound.forward(uow, records)

    found.on("identity.user", "User", resent=False)(store_colleague)
    return found
