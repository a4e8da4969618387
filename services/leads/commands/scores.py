"""Scores from the stream, stored with their receipts; the highest (epoch, sequence) of a lead holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text, tuple_

from chassis.clock import from_millis
from chassis.db import UnitOfWork, write_plain
from services.leads.commands.statuses import locked_all, promote
from services.leads.domain import exceeds
from services.leads.models import Contribution, Lead, ScoreChange

Record = Mapping[str, Any]
Taken = list[tuple["_Score", Record, int]]
"""A lead, a record that it took, and the score that was shown before."""
_LOCK = text(
    """
    SELECT id, status, archived_at, score_epoch, score_sequence, score, raw FROM leads
    WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
    """
)
PARTS = ("raw", "fit", "engagement", "grade", "rules_version")


def store_scores(uow: UnitOfWork, records: Sequence[Record]) -> None:
    """Takes in score changes of a tenant, in order: totals, receipts, histories, promotions (F12, F18, F25).

    Few statements however many records. A lower (epoch, sequence) than the lead has is passed over.
    """
    scores = _locked(uow, {UUID(record["lead_id"]) for record in records})
    taken: Taken = []
    history: list[dict[str, Any]] = []
    for record in records:
        score = scores[UUID(record["lead_id"])]
        if (record["epoch"], record["sequence"]) <= score.at:
            continue
        taken.append((score, record, score.shown))
        if record["raw"] != score.raw or not record["full"]:
            history.append(_history_row(uow, record, score.shown))
        score.take(uow.tenant, record)
    changed = [score for score in scores.values() if score.totals]
    _drop_lines(uow, changed)
    write_plain(
        uow.session,
        update={Lead: [score.totals for score in changed]},
        replace={Contribution: [line for score in changed for line in score.lines.values() if line]},
        keep={ScoreChange: history},
    )
    _promote(uow, taken)


class _Score:
    """The score of a lead, and what becomes of it in one batch."""

    def __init__(self, row: Any) -> None:
        self.lead, self.status, self.archived = row.id, row.status, row.archived_at is not None
        self.at, self.shown, self.raw = (row.score_epoch, row.score_sequence), row.score, row.raw
        self.totals: dict[str, Any] = {}
        self.replaced = False
        self.lines: dict[tuple[str, UUID], dict[str, Any] | None] = {}
        """(rule, event id) to the line of the receipt as it is now; None where it went."""

    def take(self, tenant: UUID, record: Record) -> None:
        self.at, self.shown, self.raw = (record["epoch"], record["sequence"]), record["shown"], record["raw"]
        self.totals = {"tenant_id": tenant, "id": self.lead, **_totals(record)}
        if record["full"]:
            self.replaced, self.lines = True, {}
        for gone in record["removed"]:
            self.lines[gone["rule"], UUID(gone["event_id"])] = None
        for line in record["added"]:
            self.lines[line["rule"], UUID(line["event_id"])] = line_row(tenant, self.lead, line)


def _locked(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID, _Score]:
    """Of a lead only what a score needs: a batch has many, and few of them are promoted."""
    uow.session.flush()
    rows = uow.session.execute(_LOCK, {"tenant": uow.tenant, "ids": list(ids)})
    scores = {row.id: _Score(row) for row in rows}
    if missing := ids - scores.keys():
        raise LookupError(f"scores of unknown leads: {sorted(map(str, missing))[:3]}")
    return scores


def _totals(record: Record) -> dict[str, Any]:
    change = record["next_change_at"]
    return {
        "score_epoch": record["epoch"],
        "score_sequence": record["sequence"],
        "score": record["shown"],
        **{name: record[name] for name in PARTS},
        "next_change_at": None if change is None else from_millis(change),
    }


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


def _drop_lines(uow: UnitOfWork, scores: Collection[_Score]) -> None:
    mine = Contribution.tenant_id == uow.tenant
    replaced = [score.lead for score in scores if score.replaced]
    if replaced:
        uow.session.execute(delete(Contribution).where(mine, Contribution.lead_id.in_(replaced)))
    gone = [
        (score.lead, *key)
        for score in scores
        for key, line in score.lines.items()
        if line is None and not score.replaced
    ]
    if gone:
        key = tuple_(Contribution.lead_id, Contribution.rule, Contribution.event_id)
        uow.session.execute(delete(Contribution).where(mine, key.in_(gone)))


def _promote(uow: UnitOfWork, taken: Taken) -> None:
    """Leads whose score came to stand for more than their status, step by step as their scores came."""
    rising = {
        score.lead
        for score, record, _ in taken
        if not score.archived and exceeds(record["shown"], score.status)
    }
    leads = locked_all(uow, rising)
    for score, record, previous in taken:
        if lead := leads.get(score.lead):
            lead.score, lead.rules_version = record["shown"], record["rules_version"]
            promote(uow, lead, previous, lead.score, record["event_id"])


def _history_row(uow: UnitOfWork, record: Record, previous: int) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "lead_id": record["lead_id"],
        "occurred_at": from_millis(record["occurred_at"]),
        "recorded_at": from_millis(record["recorded_at"]),
        "stored_at": uow.now,
        "previous": previous,
        **{name: record[name] for name in ("epoch", "sequence", "cause", "cause_id", "shown", *PARTS)},
    }
