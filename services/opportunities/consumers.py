"""Kafka in: which command answers which event."""

from collections.abc import Sequence

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.pii import store_subject_keys
from chassis.runtime import Runtime
from services.opportunities import commands

consumers = Consumers("opportunities")


@consumers.on("leads.lead", "ConversionOpportunityWanted", resent=False)
def give_opportunity(uow: UnitOfWork, event: Event) -> None:
    """A conversion asks for its opportunity; asked again it is answered again."""
    commands.give_opportunity(uow, event.record)


@consumers.on("leads.lead", "ConversionFailed", resent=False)
def withdraw_opportunity(uow: UnitOfWork, event: Event) -> None:
    """A conversion was given up: what it opened goes."""
    commands.withdraw_opportunity(uow, event.record)


@consumers.on("leads.lead", "LeadErased", resent=False)
def forget_lead(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A person was erased: deals that began with them say nothing of them."""
    commands.forget_lead(uow, runtime.vault, event.record)


@consumers.on("accounts.account", "ContactErased", resent=False)
def forget_contact(uow: UnitOfWork, event: Event, runtime: Runtime) -> None:
    """A contact was erased: deals with them say nothing of them."""
    commands.forget_contact(uow, runtime.vault, event.record)


@consumers.on_batch("accounts.account", "AccountOpened", "AccountChanged", resent=False)
def know_accounts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Accounts as they are now."""
    commands.store_accounts(uow, [event.record for event in events])


consumers.on("identity.user", "User", resent=False)(store_colleague)
consumers.on_batch("leads.subject-key", "SubjectKey", resent=False)(store_subject_keys)
