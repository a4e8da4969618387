"""What happened, written on timelines; each event once, however often it is told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.clock import from_millis
from chassis.db import UnitOfWork, write_plain
from chassis.ids import derived_id, id_of
from chassis.outbox import Outgoing
from services.accounts.domain.timeline import SHOWN, shown
from services.accounts.models import TimelineEntry

Record = Mapping[str, Any]
_ATTACH = text(
    """
    UPDATE timeline SET account_id = home.account_id
    FROM unnest(CAST(:leads AS uuid[]), CAST(:accounts AS uuid[])) AS home(lead_id, account_id)
    WHERE timeline.tenant_id = :tenant AND timeline.lead_id = home.lead_id
        AND timeline.account_id IS DISTINCT FROM home.account_id
    """
)
_HOMES = text(
    """
    SELECT 'account' AS kind, id, id AS account_id FROM accounts
    WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT 'opportunity', id, account_id FROM opportunities
    WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT 'lead', id, account_id FROM leads
    WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[]))
    """
)


def tell(uow: UnitOfWork, event: Outgoing) -> None:
    """Publishes a fact of this service; with the commit it stands on its account's timeline too."""
    uow.publish(event)
    if event.record is None:
        return
    if row := entry(uow, event.type, event.record, UUID(event.record["account_id"])):
        uow.add_plain(TimelineEntry, row, keep=True)


def tell_all(uow: UnitOfWork, told: Iterable[Outgoing]) -> None:
    """The same of several facts."""
    for event in told:
        tell(uow, event)


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
    uow.session.flush()
    subjects = {"tenant": uow.tenant, "ids": [record["subject_id"] for record in records]}
    homes = {row.id: row for row in uow.session.execute(_HOMES, subjects)}
    rows = []
    for record in records:
        home = homes.get(UUID(record["subject_id"]))
        named = {f"{home.kind if home else 'lead'}_id": record["subject_id"]}
        rows.append(entry(uow, "AlertRaised", {**record, **named}, home.account_id if home else None))
    note(uow, rows)


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
