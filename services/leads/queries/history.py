"""What happened to a lead, the newest first: score, status and all else, with who, what, when, why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, select, tuple_

from chassis.db import UnitOfWork
from services.leads.models import Adjustment, LogEntry, ScoreChange, StatusChange

Position = tuple[datetime, str]
WHY = {
    "facts": "The profile changed.",
    "engagement": "The prospect did something.",
    "retraction": "An event was taken back.",
    "rules": "Other scoring rules are in force.",
    "time": "Points decayed or expired.",
}


@dataclass(frozen=True)
class Entry:
    """One change; `at` and `id` order it."""

    type: str
    id: str
    at: datetime
    who: str
    what: dict[str, Any]
    why: str | None
    cause: str | None = None
    cause_id: str | None = None
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None
    stored_at: datetime | None = None


def history(uow: UnitOfWork, lead_id: UUID, after: Position | None, limit: int) -> list[Entry]:
    """The newest entries of all kinds, at most `limit`; `after` is position of the last one seen."""
    parts = (_scores, _statuses, _log)
    entries = [entry for part in parts for entry in part(uow, lead_id, after, limit)]
    return sorted(entries, key=lambda entry: (entry.at, entry.id), reverse=True)[:limit]


def _scores(uow: UnitOfWork, lead_id: UUID, after: Position | None, limit: int) -> list[Entry]:
    found = (
        select(ScoreChange, Adjustment)
        .outerjoin(
            Adjustment,
            (Adjustment.tenant_id == ScoreChange.tenant_id)
            & (Adjustment.lead_id == ScoreChange.lead_id)
            & (cast(Adjustment.event_id, Text) == ScoreChange.cause_id),
        )
        .where(ScoreChange.tenant_id == uow.tenant, ScoreChange.lead_id == lead_id)
        .order_by(ScoreChange.stored_at.desc(), ScoreChange.epoch.desc(), ScoreChange.sequence.desc())
    )
    if after is not None:
        columns = (ScoreChange.stored_at, ScoreChange.epoch, ScoreChange.sequence)
        found = found.where(_before("score", columns, after))
    rows = uow.session.execute(found.limit(limit)).all()
    return [_score(row.ScoreChange, row.Adjustment) for row in rows]


def _score(change: ScoreChange, adjusted: Adjustment | None) -> Entry:
    names = ("previous", "shown", "raw", "fit", "engagement", "grade", "rules_version")
    return Entry(
        type="score",
        id=f"score:{change.epoch:020}:{change.sequence:020}",
        at=change.stored_at,
        who=adjusted.actor if adjusted else "system:scoring",
        what={name: getattr(change, name) for name in names},
        why=adjusted.reason if adjusted else WHY.get(change.cause),
        cause=change.cause,
        cause_id=change.cause_id,
        occurred_at=change.occurred_at,
        recorded_at=change.recorded_at,
        stored_at=change.stored_at,
    )


def _statuses(uow: UnitOfWork, lead_id: UUID, after: Position | None, limit: int) -> list[Entry]:
    found = (
        select(StatusChange)
        .where(StatusChange.tenant_id == uow.tenant, StatusChange.lead_id == lead_id)
        .order_by(StatusChange.at.desc(), StatusChange.version.desc())
    )
    if after is not None:
        found = found.where(_before("status", (StatusChange.at, StatusChange.version), after))
    return [_status(change) for change in uow.session.scalars(found.limit(limit))]


def _status(change: StatusChange) -> Entry:
    names = ("previous", "status", "seconds_in_previous", "reason_code", "warning", "score", "rules_version")
    return Entry(
        type="status",
        id=f"status:{change.version:020}",
        at=change.at,
        who=change.actor,
        what={name: getattr(change, name) for name in names},
        why=change.reason,
    )


def _log(uow: UnitOfWork, lead_id: UUID, after: Position | None, limit: int) -> list[Entry]:
    found = (
        select(LogEntry)
        .where(LogEntry.tenant_id == uow.tenant, LogEntry.lead_id == lead_id)
        .order_by(LogEntry.at.desc(), LogEntry.version.desc())
    )
    if after is not None:
        found = found.where(_before("log", (LogEntry.at, LogEntry.version), after))
    return [_noted(row) for row in uow.session.scalars(found.limit(limit))]


def _noted(row: LogEntry) -> Entry:
    return Entry(
        type=row.kind, id=f"log:{row.version:020}", at=row.at, who=row.actor, what=row.what, why=row.why
    )


def _before(kind: str, columns: tuple[Any, ...], after: Position) -> ColumnElement[bool]:
    """Rows of a kind behind a position of the merged list, in which kinds at one time follow by name."""
    at, id = after
    seen, *numbers = id.split(":")
    if kind == seen:
        return tuple_(*columns) < tuple_(at, *map(int, numbers))
    earlier: ColumnElement[bool] = columns[0] <= at if kind < seen else columns[0] < at
    return earlier
