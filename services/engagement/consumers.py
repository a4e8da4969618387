"""Kafka in: which command answers which event. Repeats are known by the stored event, or a lead's version."""

from collections.abc import Sequence

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event, RawRecord
from chassis.db import UnitOfWork
from chassis.runtime import Runtime
from services.engagement import commands
from services.engagement.inbound import Inbound
from services.engagement.write_keys import doorkeeper

consumers = Consumers("engagement", busy=("engagement.received",))


@consumers.on_batch("engagement.received", "EngagementReceived", resent=False)
def receive(uow: UnitOfWork, events: Sequence[Event], runtime: Runtime) -> None:
    """What came through the front door is stored and, where it is a lead's, told."""
    commands.receive(uow, [event.record for event in events], runtime.vault.email_hash)


@consumers.on_raw("engagement.inbound")
def forward_inbound(uow: UnitOfWork, records: Sequence[RawRecord], runtime: Runtime) -> None:
    """What marketing systems wrote goes where the front door's events go."""
    Inbound(runtime.codec, runtime.vault, doorkeeper(runtime), consumers.group).forward(uow, records)


@consumers.on_batch("leads.lead", "LeadCreated", "LeadChanged", resent=False)
def know_leads(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads as they are now, and the people behind their addresses."""
    commands.leads_told(uow, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadStatusChanged", resent=False)
def know_statuses(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Of several leads with one address another may get the events now."""
    commands.leads_moved(uow, [event.record for event in events])


@consumers.on_batch("leads.lead", "LeadConverted", resent=False)
def know_accounts_of_leads(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Leads belong to accounts."""
    commands.leads_converted(uow, [event.record for event in events])


@consumers.on("leads.lead", "LeadErased", resent=False)
def forget_lead(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A person was erased."""
    commands.forget_lead(uow, runtime.vault, event.record)


@consumers.on_batch("accounts.account", "AccountOpened", "AccountChanged", resent=False)
def know_accounts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Who manages accounts."""
    commands.accounts_told(uow, [event.record for event in events])


consumers.on("identity.user", "User", resent=False)(store_colleague)
