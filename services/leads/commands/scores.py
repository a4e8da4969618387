"""Scores from the stream, stored with their receipts; the highest (epoch, sequence) of a lead holds."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, tuple_
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from services.leads.commands.statuses import locked_all, promote
from services.leads.models import Contribution, Lead, ScoreChange

Record = Mapping[str, Any]
Lines = dict[tuple[str, UUID], dict[str, Any] | None]
"""(rule, event id) to the line as it is now; None where it went."""


def store_scores(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Takes in score changes of a tenant, in order: totals, receipts, histories, promotions (F12, F18, F25).

    Few statements however many records. A lower (epoch, sequence) than the lead has is passed over.
    """
    leads = _locked(uow, {UUID(record["lead_id"]) for record in records})
    receipts = {id: _Receipt() for id in leads}
    history: list[dict[str, Any]] = []
    for record in records:
        lead = leads[UUID(record["lead_id"])]
        if (record["epoch"], record["sequence"]) <= (lead.score_epoch, lead.score_sequence):
            continue
        previous, before = lead.score, lead.raw
        _take_totals(lead, record)
        receipts[lead.id].take(uow.tenant, lead.id, record)
        if lead.raw != before or not record["full"]:
            history.append(_history_row(uow, lead, record, previous))
        promote(uow, lead, previous, lead.score, record["event_id"])
    _store_lines(uow, receipts)
    if history:
        uow.session.execute(insert(ScoreChange).on_conflict_do_nothing(), history)


class _Receipt:
    """What becomes of a lead's lines in one batch."""

    def __init__(self) -> None:
        self.replaced = False
        self.lines: Lines = {}

    def take(self, tenant: UUID, lead: UUID, record: Record) -> None:
        if record["full"]:
            self.replaced, self.lines = True, {}
        for gone in record["removed"]:
            self.lines[gone["rule"], UUID(gone["event_id"])] = None
        for line in record["added"]:
            self.lines[line["rule"], UUID(line["event_id"])] = line_row(tenant, lead, line)


def _locked(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID, Lead]:
    leads = locked_all(uow, ids)
    if missing := ids - leads.keys():
        raise LookupError(f"scores of unknown leads: {sorted(map(str, missing))[:3]}")
    return leads


def _take_totals(lead: Lead, record: Record) -> None:
    change = record["next_change_at"]
    lead.score_epoch, lead.score_sequence = record["epoch"], record["sequence"]
    lead.score, lead.raw = record["shown"], record["raw"]
    lead.fit, lead.engagement, lead.grade = record["fit"], record["engagement"], record["grade"]
    lead.rules_version = record["rules_version"]
    lead.next_change_at = None if change is None else from_millis(change)


def line_row(tenant: UUID, lead: UUID, line: Record) -> dict[str, Any]:
    """A line of the receipt as the table has it."""
    return {
        "tenant_id": tenant,
        "lead_id": lead,
        "rule": line["rule"],
        "event_id": UUID(line["event_id"]),
        "rule_version": line["rule_version"],
        "category": line["category"],
        "occurred_at": from_millis(line["occurred_at"]),
        "points": line["points"],
        "reason": line["reason"],
    }


def _store_lines(uow: UnitOfWork, receipts: Mapping[UUID, _Receipt]) -> None:
    replaced = [lead for lead, receipt in receipts.items() if receipt.replaced]
    if replaced:
        uow.session.execute(delete(Contribution).where(_mine(uow), Contribution.lead_id.in_(replaced)))
    gone = [
        (lead, *key)
        for lead, receipt in receipts.items()
        for key, line in receipt.lines.items()
        if line is None and not receipt.replaced
    ]
    if gone:
        key = tuple_(Contribution.lead_id, Contribution.rule, Contribution.event_id)
        uow.session.execute(delete(Contribution).where(_mine(uow), key.in_(gone)))
    if kept := [line for receipt in receipts.values() for line in receipt.lines.values() if line]:
        row = insert(Contribution)
        values = {n: row.excluded[n] for n in ("rule_version", "category", "occurred_at", "points", "reason")}
        uow.session.execute(row.on_conflict_do_update(constraint="contributions_pkey", set_=values), kept)


def _mine(uow: UnitOfWork) -> Any:
    return Contribution.tenant_id == uow.tenant


def _history_row(uow: UnitOfWork, lead: Lead, record: Record, previous: int) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "lead_id": lead.id,
        "epoch": record["epoch"],
        "sequence": record["sequence"],
        "occurred_at": from_millis(record["occurred_at"]),
        "recorded_at": from_millis(record["recorded_at"]),
        "stored_at": uow.now,
        "cause": record["cause"],
        "cause_id": record["cause_id"],
        "previous": previous,
        "shown": lead.score,
        "raw": lead.raw,
        "fit": lead.fit,
        "engagement": lead.engagement,
        "grade": lead.grade,
        "rules_version": lead.rules_version,
    }
