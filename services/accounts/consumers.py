"""Kafka in: which command answers which event."""

from uuid import UUID

from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.pii import store_subject_key
from chassis.runtime import Runtime
from services.accounts import commands

GROUP = "accounts"


def consumers(runtime: Runtime) -> Consumers:
    """The handlers of this service."""
    found = Consumers(GROUP)
    vault = runtime.vault

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

    return found
