"""Conversions: begun by a command, carried on by the answers of accounts and opportunities (F44-F51)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.ids import derived_id, id_of
from chassis.outbox import Outgoing
from chassis.pii import Vault
from services.leads import conversion, domain, events
from services.leads.commands.settings import check_custom, read_setting, store_setting
from services.leads.commands.statuses import bump, locked, locked_row, record_status
from services.leads.conversion import (
    Account,
    Command,
    Conversion,
    ConversionNotFound,
    Converted,
    Failed,
    Mapped,
    NewIds,
    OpportunityWanted,
    OtherCommand,
    Refusal,
    Settings,
    Started,
    Subject,
    Thing,
    Told,
)
from services.leads.models import ConversionRow, Lead

Record = Mapping[str, Any]
SCORE = ("score", "raw", "fit", "engagement", "grade", "rules_version")
SETTING = "conversion"


def conversion_id(tenant: UUID, lead_id: UUID, key: str) -> UUID:
    """The id of the conversion that a command begins, made of its key (F48)."""
    return derived_id(tenant, lead_id, key)


def convert_lead(uow: UnitOfWork, vault: Vault, lead_id: UUID, command: Command, key: str) -> ConversionRow:
    """Begins a conversion, or finds the one that the same command began. Its end wakes who waits for it.

    Raises LeadNotFound, OtherCommand, AlreadyConverted, ConversionActive, NotQualified.
    """
    lead = locked(uow, lead_id)
    id = conversion_id(uow.tenant, lead.id, key)
    known = uow.session.get(ConversionRow, (uow.tenant, id))
    if known is not None:
        return _same(known, command)
    standing = Subject(lead.id, lead.status, lead.account_id, lead.conversion_id)
    planned = conversion.plan(standing, command, _ids(id))
    mapped = _mapped(uow, lead, conversion.opened(planned, command))
    row = _row(uow, vault, lead, planned, command, mapped)
    uow.session.add(row)
    lead.conversion_id = id
    start = partial(events.conversion_started, uow, vault, lead, row, mapped)
    _carry_on(uow, lead, row, conversion.started(_state(row)), start)
    return row


def account_ready(uow: UnitOfWork, record: Record) -> None:
    """Accounts did its step; the answer to a conversion that is over changes nothing.

    A contact that was found by the person's address keeps its own attributes: those of the lead are unmapped.
    """
    lead, row = _under_way(uow, record)
    opened = conversion.opened(_state(row), Command(**row.command))
    if row.state == "account_wanted" and not record["contact_created"] and "contact" in opened:
        row.unmapped = list(_mapped(uow, lead, opened - {"contact"}).unmapped)
    account = Account(
        UUID(record["account_id"]),
        record["account_name"],
        UUID(record["contact_id"]),
        id_of(record["owner_id"]),
    )
    _carry_on(uow, lead, row, conversion.account_ready(_state(row), account))


def opportunity_ready(uow: UnitOfWork, record: Record) -> None:
    """Opportunities did its step."""
    lead, row = _under_way(uow, record)
    _carry_on(uow, lead, row, conversion.opportunity_ready(_state(row)))


def account_refused(uow: UnitOfWork, record: Record) -> None:
    """Accounts cannot do its step."""
    lead, row = _under_way(uow, record)
    refusal = Refusal(record["code"], record["reason"])
    _carry_on(uow, lead, row, conversion.refused(_state(row), "account_wanted", refusal))


def opportunity_refused(uow: UnitOfWork, record: Record) -> None:
    """Opportunities cannot do its step."""
    lead, row = _under_way(uow, record)
    refusal = Refusal(record["code"], record["reason"])
    _carry_on(uow, lead, row, conversion.refused(_state(row), "opportunity_wanted", refusal))


def cancel_conversion(uow: UnitOfWork, id: UUID, reason: str) -> ConversionRow:
    """Gives up a conversion that does not come to its end. Raises ConversionNotFound, AlreadyOver."""
    found = uow.session.get(ConversionRow, (uow.tenant, id))
    if found is None:
        raise ConversionNotFound("No such conversion.")
    lead, row = locked_row(uow, found.lead_id), _locked_row(uow, id)
    if not _given_up(uow, lead, row, reason):
        raise conversion.AlreadyOver(f"The conversion is {row.state}.")
    return row


def give_up_conversion(uow: UnitOfWork, lead: Lead, reason: str) -> None:
    """Gives up the conversion of a locked lead that is under way; without one a no-op."""
    if lead.conversion_id is not None:
        _given_up(uow, lead, _locked_row(uow, lead.conversion_id), reason)


def _given_up(uow: UnitOfWork, lead: Lead, row: ConversionRow, reason: str) -> bool:
    """Whether there was something to give up."""
    moved = conversion.cancelled(_state(row), reason)
    _carry_on(uow, lead, row, moved)
    return bool(moved[1])


def converts_qualified(uow: UnitOfWork) -> bool:
    """Whether the tenant wants what becomes qualified to be converted by itself (off by default, F50)."""
    return settings_of(uow).auto_convert


def lead_qualified(uow: UnitOfWork, vault: Vault, record: Record) -> None:
    """Converts what became qualified and still is."""
    lead = locked_row(uow, UUID(record["lead_id"]))
    if lead.status == "qualified" and lead.conversion_id is None and lead.erased_at is None:
        convert_lead(uow, vault, lead.id, Command(), f"auto:{record['event_id']}")


def settings_of(uow: UnitOfWork) -> Settings:
    """How the tenant converts."""
    return uow.once(SETTING, lambda: Settings(**read_setting(uow, SETTING)[0]))


def store_conversion_settings(uow: UnitOfWork, settings: Settings, seen: Callable[[int], None]) -> int:
    """Decides it for conversions to come; the new version. Raises UnknownTarget, UndefinedCustom.

    A custom field that is mapped already may have been taken away since: leads keep what they hold in it.
    """
    conversion.check_targets(settings.mapping)
    check_custom(uow, {field: field for field in settings.mapping.keys() - settings_of(uow).mapping.keys()})
    return store_setting(uow, SETTING, asdict(settings), seen)


def _same(row: ConversionRow, command: Command) -> ConversionRow:
    if row.command != _command(command):
        raise OtherCommand("This Idempotency-Key was used for another conversion.")
    return row


def _ids(id: UUID) -> NewIds:
    return NewIds(id, *(derived_id(id, kind) for kind in ("account", "contact", "opportunity")))


def _command(command: Command) -> dict[str, Any]:
    values = asdict(command)
    return {name: str(v) if isinstance(v, UUID) else v for name, v in values.items()}


def _row(
    uow: UnitOfWork, vault: Vault, lead: Lead, planned: Conversion, command: Command, mapped: Mapped
) -> ConversionRow:
    settings = settings_of(uow)
    pii, key_id = _sealed(uow, vault, lead, mapped)
    amount = command.amount or settings.amount_for(lead.company_size)
    return ConversionRow(
        tenant_id=uow.tenant,
        **asdict(planned),
        account_name=None,
        command=_command(command),
        actor=uow.actor,
        started_at=uow.now,
        ended_at=None,
        score={name: getattr(lead, name) for name in SCORE},
        amount_minor=amount.minor if amount else None,
        currency=amount.currency if amount else None,
        close_date=_close_date(uow, command, settings),
        unmapped=list(mapped.unmapped),
        pii=pii,
        key_id=key_id,
    )


def _close_date(uow: UnitOfWork, command: Command, settings: Settings) -> date:
    if command.close_date is not None:
        return date.fromisoformat(command.close_date)
    return uow.now.date() + timedelta(days=settings.close_days)


def _mapped(uow: UnitOfWork, lead: Lead, opened: Collection[Thing]) -> Mapped:
    profile = {name: getattr(lead, name) for name in conversion.PROFILE}
    return conversion.mapped(profile, settings_of(uow).mapping, opened)


def _sealed(uow: UnitOfWork, vault: Vault, lead: Lead, mapped: Mapped) -> tuple[bytes | None, str | None]:
    """What the opportunity gets of the lead; it is told only once the account is there."""
    attributes = mapped.of("opportunity")
    return vault.seal(uow, lead.id, {"attributes": attributes}) if attributes else (None, None)


def _under_way(uow: UnitOfWork, record: Record) -> tuple[Lead, ConversionRow]:
    """Lead and conversion under their locks, always in this order."""
    return locked_row(uow, UUID(record["lead_id"])), _locked_row(uow, UUID(record["conversion_id"]))


def _locked_row(uow: UnitOfWork, id: UUID) -> ConversionRow:
    mine = select(ConversionRow).where(ConversionRow.tenant_id == uow.tenant, ConversionRow.id == id)
    return uow.session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one()


def _state(row: ConversionRow) -> Conversion:
    names = Conversion.__dataclass_fields__
    return Conversion(**{name: getattr(row, name) for name in names})


def _carry_on(
    uow: UnitOfWork,
    lead: Lead,
    row: ConversionRow,
    moved: tuple[Conversion, Sequence[Told]],
    start: Callable[[], Outgoing] | None = None,
) -> None:
    """Stores where the conversion stands now and says what is to be said."""
    standing, told = moved
    for name, value in asdict(standing).items():
        setattr(row, name, value)
    for fact in told:
        match fact:
            case Started():
                assert start is not None  # only the beginning has something to seal
                bump(uow, lead)
                uow.publish(start())
            case OpportunityWanted(account):
                row.account_name = account.name
                bump(uow, lead)
                uow.publish(events.conversion_opportunity_wanted(uow, lead, row))
            case Converted():
                _converted(uow, lead, row)
            case Failed():
                _failed(uow, lead, row)


def _converted(uow: UnitOfWork, lead: Lead, row: ConversionRow) -> None:
    row.ended_at = uow.now
    lead.account_id = lead.converted_to_account = row.account_id
    lead.converted_to_opportunity = row.opportunity_id
    standing, changes = domain.moved(
        lead.standing, "converted", uow.now, lead.score, "conversion", f"Converted by path {row.path}."
    )
    lead.standing = standing
    for change in changes:
        record_status(uow, lead, change)
    bump(uow, lead)
    uow.wake(row.id)
    uow.publish(events.lead_converted(uow, lead, row, settings_of(uow).follow_ons))


def _failed(uow: UnitOfWork, lead: Lead, row: ConversionRow) -> None:
    row.ended_at, lead.conversion_id = uow.now, None
    bump(uow, lead)
    uow.wake(row.id)
    uow.publish(events.conversion_failed(uow, lead, row))
