"""Read model of leads: which account each belongs to, and what that says of the account (F22, F49, F53).

A lead's events come in order; its scores come by another topic, perhaps earlier. Every event is kept once:
by the lead's version, or by the score's (epoch, sequence).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.clock import from_millis
from chassis.db import Contended, UnitOfWork, values_of, whole, write_plain
from chassis.ids import id_of
from services.accounts.commands.health import tend
from services.accounts.commands.timeline import attach, entry, note
from services.accounts.domain.timeline import band
from services.accounts.models import Lead

Record = Mapping[str, Any]
BLANK: dict[str, Any] = {"version": 0, "status": "new", "archived": False}
BLANK |= {"score": 0, "score_epoch": -1, "score_sequence": -1}
"""A lead of which nothing is known but that it exists."""


class _Leads(dict[UUID, Lead]):
    """Leads by id: those that are known, under their locks, and new ones that are still to be stored."""

    def __init__(self, uow: UnitOfWork, ids: set[UUID]) -> None:
        self._session = uow.session
        mine = (Lead.tenant_id == uow.tenant, Lead.id.in_(ids))
        known = select(Lead.__table__).where(*mine).order_by(Lead.id).with_for_update()
        self._known = [whole(Lead, row._asdict()) for row in uow.session.execute(known)]
        new = sorted(ids - {lead.id for lead in self._known})
        self._new = [whole(Lead, {"tenant_id": uow.tenant, "id": id, **BLANK}) for id in new]
        super().__init__({lead.id: lead for lead in (*self._known, *self._new)})

    def store(self) -> None:
        """Writes them as they are. Raises Contended where somebody else has heard of a new lead meanwhile."""
        new, known = ([values_of(lead) for lead in leads] for leads in (self._new, self._known))
        try:
            write_plain(self._session, insert={Lead: new}, update={Lead: known})
        except IntegrityError as error:
            raise Contended("a lead was heard of by two at once") from error


def take_leads(uow: UnitOfWork, type: str, records: Sequence[Record]) -> None:
    """Takes in events of leads, all of one type, in order; accounts that they concern are counted anew."""
    leads = _Leads(uow, {UUID(record["lead_id"]) for record in records})
    homes = {lead.id: lead.account_id for lead in leads.values()}
    entries = []
    for record in records:
        lead = leads[UUID(record["lead_id"])]
        if record["version"] > lead.version:
            lead.version = record["version"]
            if change := CHANGES.get(type):
                change(lead, record)
            entries.append(entry(uow, type, record, lead.account_id))
    leads.store()
    note(uow, entries)
    _settle(uow, leads.values(), homes)


def take_scores(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Takes in scores; only a crossing of a band stands on a timeline."""
    leads = _Leads(uow, {UUID(record["lead_id"]) for record in records})
    entries, moved = [], set()
    for record in records:
        lead = leads[UUID(record["lead_id"])]
        if (record["epoch"], record["sequence"]) <= (lead.score_epoch, lead.score_sequence):
            continue
        lead.score_epoch, lead.score_sequence = record["epoch"], record["sequence"]
        before, lead.score = lead.score, record["shown"]
        moved.add(lead.account_id if before != lead.score else None)
        if band(before) != band(lead.score):
            crossed = {**record, "previous_band": band(before), "band": band(lead.score)}
            entries.append(entry(uow, "ScoreChanged", crossed, lead.account_id))
    leads.store()
    note(uow, entries)
    tend(uow, moved)


def _settle(uow: UnitOfWork, leads: Any, homes: Mapping[UUID, UUID | None]) -> None:
    """Histories follow their leads; the accounts of all these leads, old and new, are counted anew."""
    attach(uow, {lead.id: lead.account_id for lead in leads if lead.account_id != homes[lead.id]})
    tend(uow, {*homes.values(), *(lead.account_id for lead in leads)})


def _whole(lead: Lead, record: Record) -> None:
    """LeadCreated, LeadChanged: everything but what it was converted into."""
    created = "changed" not in record
    lead.archived = record.get("archived", False)
    lead.status, lead.lead_source = record["status"], record["lead_source"]
    lead.owner_id, lead.linked_account_id = id_of(record["owner_id"]), id_of(record["account_id"])
    lead.esg_interest = record["facts"].get("esg_interest")
    if lead.status != "converted":
        _join(lead, lead.linked_account_id, record["created_at" if created else "occurred_at"])
    _qualified(lead, record["created_at" if created else "occurred_at"])


def _status(lead: Lead, record: Record) -> None:
    lead.status, lead.owner_id = record["status"], id_of(record["owner_id"])
    _qualified(lead, record["occurred_at"])


def _assigned(lead: Lead, record: Record) -> None:
    lead.owner_id = id_of(record["owner_id"])


def _converted(lead: Lead, record: Record) -> None:
    lead.status = "converted"
    _join(lead, UUID(record["account_id"]), record["occurred_at"])


def _join(lead: Lead, account_id: UUID | None, at: int) -> None:
    if lead.account_id != account_id:
        lead.account_id = account_id
        lead.joined_at = None if account_id is None else from_millis(at)


def _qualified(lead: Lead, at: int) -> None:
    """The first time counts, however often it becomes so."""
    if lead.status == "qualified" and lead.qualified_at is None:
        lead.qualified_at = from_millis(at)


CHANGES: dict[str, Callable[[Lead, Record], None]] = {
    "LeadCreated": _whole,
    "LeadChanged": _whole,
    "LeadStatusChanged": _status,
    "LeadAssigned": _assigned,
    "LeadConverted": _converted,
}
"""Event to what it changes; an activity changes nothing of the lead, but stands on the timeline."""
