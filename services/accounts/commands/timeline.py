"""What happened, written on timelines; each event once, however often it is told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text

from chassis.clock import from_millis
from chassis.db import UnitOfWork, write_plain
from chassis.ids import derived_id, id_of
from chassis.outbox import Outgoing
from services.accounts.domain.timeline import SHOWN, shown
from services.accounts.models import Account, Deal, Lead, TimelineEntry

Record = Mapping[str, Any]
_ATTACH = text(
    """
    UPDATE timeline SET account_id = home.account_id
    FROM unnest(CAST(:leads AS uuid[]), CAST(:accounts AS uuid[])) AS home(lead_id, account_id)
    WHERE timeline.tenant_id = :tenant AND timeline.lead_id = home.lead_id
        AND timeline.account_id IS DISTINCT FROM home.account_id
    """
)


def tell(uow: UnitOfWork, event: Outgoing) -> None:
    """Publishes a fact of this service and writes it on its account's timeline."""
    tell_all(uow, [event])


def tell_all(uow: UnitOfWork, told: Iterable[Outgoing]) -> None:
    """Publishes facts and writes them on the timelines of their accounts, in one statement."""
    entries = []
    for event in told:
        uow.publish(event)
        if event.record is not None:
            entries.append(entry(uow, event.type, event.record, UUID(event.record["account_id"])))
    note(uow, entries)


def entry(uow: UnitOfWork, type: str, record: Record, account_id: UUID | None) -> dict[str, Any] | None:
    """The row of an event; None for what stands on no timeline."""
    if (shape := SHOWN.get(type)) is None:
        return None
    return {
        "tenant_id": uow.tenant,
        "id": _entry_id(record["event_id"]),
        "account_id": account_id,
        "lead_id": id_of(record.get("lead_id")),
        "opportunity_id": id_of(record.get("opportunity_id")) if "lead_id" not in record else None,
        "at": from_millis(record[shape.at]),
        "type": shape.type,
        "actor": record.get("actor", shape.by),
        "sign": shape.sign,
        "what": shown(type, record),
    }


def note(uow: UnitOfWork, entries: Iterable[dict[str, Any] | None]) -> None:
    """Writes entries; those that are there already stay as they are."""
    write_plain(uow.session, keep={TimelineEntry: [row for row in entries if row is not None]})


def take_alerts(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Alerts about accounts, their deals and their leads stand on timelines. Few statements for many."""
    subjects = {UUID(record["subject_id"]) for record in records}
    accounts = set(uow.session.scalars(select(Account.id).where(_among(uow, Account, subjects))))
    deals, leads = (_account_of(uow, table, subjects - accounts) for table in (Deal, Lead))
    rows = []
    for record in records:
        subject = UUID(record["subject_id"])
        if subject in accounts:
            rows.append(entry(uow, "AlertRaised", record, subject))
        else:
            name, whose = ("opportunity_id", deals) if subject in deals else ("lead_id", leads)
            rows.append(entry(uow, "AlertRaised", {**record, name: record["subject_id"]}, whose.get(subject)))
    note(uow, rows)


def _account_of(uow: UnitOfWork, table: type[Deal | Lead], ids: set[UUID]) -> dict[UUID, UUID | None]:
    found = uow.session.execute(select(table.id, table.account_id).where(_among(uow, table, ids)))
    return {row.id: row.account_id for row in found}


def _among(uow: UnitOfWork, table: type[Account | Deal | Lead], ids: set[UUID]) -> ColumnElement[bool]:
    return and_(table.tenant_id == uow.tenant, table.id.in_(ids))


def attach(uow: UnitOfWork, homes: Mapping[UUID, UUID | None]) -> None:
    """Leads' whole histories stand on the timelines of the accounts that they came to (F49)."""
    if homes:
        told = {"leads": list(homes), "accounts": list(homes.values())}
        uow.session.execute(_ATTACH, {"tenant": uow.tenant, **told})


def _entry_id(event: str) -> UUID:
    """The event's own id; that of a score is no UUID, so one is derived."""
    try:
        return UUID(event)
    except ValueError:
        return derived_id("event", event)
