"""Files that become leads (F4): uploaded, started, taken in chunk by chunk, ended.

A chunk is one transaction: its leads, their events, the rows that were refused and the position are one. So
an import that is killed goes on where it was, and what a member does that lost its claim does not count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text

from chassis.db import UnitOfWork, insert_plain
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads.commands.creation import Entry, Fault, create_leads, foresee, unfit
from services.leads.domain import ImportNotFound, ImportNotNow
from services.leads.importing import Row, Sheet
from services.leads.matching import Mode, Verdict
from services.leads.models import Import, ImportPart, RefusedRow

PART: Final = 1024 * 1024
LEASE: Final = timedelta(seconds=15)
LONGEST_CELL: Final = 1_000
"""Characters of a cell that the file of refused rows shows."""


class ClaimLost(Exception):
    """Another member works on the import, or it was cancelled."""


@dataclass(frozen=True)
class Plan:
    """How a file is to become leads."""

    mapping: Mapping[int, str]
    duplicates: Mode
    source: str
    dry_run: bool = False


@dataclass(frozen=True)
class Claim:
    """An import that this member works on."""

    id: UUID
    token: UUID
    actor: str
    owner_id: UUID | None
    separator: str
    plan: Plan
    position: int


@dataclass(frozen=True)
class Read:
    """A row as it was read: a lead to be, or what is wrong with it."""

    row: Row
    entry: Entry | None
    faults: Sequence[Mapping[str, str]] = ()


def store_import(
    uow: UnitOfWork, id: UUID, file_name: str, content: str, sheet: Sheet, plan: Plan, owner: UUID | None
) -> Import:
    """Keeps a file and how it is to be read; nothing is done with it yet. Again under the same id: no-op."""
    if known := uow.session.get(Import, (uow.tenant, id)):
        return known
    raw = content.encode()
    row = Import(
        tenant_id=uow.tenant,
        id=id,
        created_at=uow.now,
        actor=uow.actor,
        owner_id=owner,
        file_name=file_name,
        size=len(raw),
        encoding=sheet.encoding,
        separator=sheet.separator,
        columns=sheet.columns,
        state="ready",
        rows=sheet.rows,
        **_planned(plan),
        **_nothing_done(),
    )
    uow.session.add(row)
    uow.session.flush()
    uow.session.add_all(
        ImportPart(tenant_id=uow.tenant, import_id=id, number=n, raw=raw[at : at + PART])
        for n, at in enumerate(range(0, len(raw), PART))
    )
    return row


def start_import(uow: UnitOfWork, id: UUID, plan: Plan | None = None) -> Import:
    """Lets a file become leads, or says what would come of it. Raises ImportNotFound, ImportNotNow."""
    row = _locked(uow, id)
    if row.state != "ready":
        raise ImportNotNow(row.state, "started")
    for name, value in {**(_planned(plan) if plan else {}), **_nothing_done()}.items():
        setattr(row, name, value)
    uow.session.execute(delete(RefusedRow).where(*_of(uow, RefusedRow, id)))
    row.state, row.started_at = "waiting", uow.now
    return row


def cancel_import(uow: UnitOfWork, id: UUID) -> Import:
    """Lets no more rows become leads; those that did stay. Raises ImportNotFound, ImportNotNow."""
    row = _locked(uow, id)
    if row.state in ("done", "failed"):
        raise ImportNotNow(row.state, "cancelled")
    if row.state != "cancelled":
        _end(uow, row, "cancelled")
    return row


def tenants_with_due_imports(uow: UnitOfWork) -> list[UUID]:
    """Tenants that wait for a worker; the one question that no row security stands before."""
    return list(uow.session.scalars(text("SELECT tenants_with_due_imports()")))


def claim_import(uow: UnitOfWork) -> Claim | None:
    """Takes the import that waits longest, for some seconds that every chunk renews."""
    due = (
        select(Import)
        .where(Import.tenant_id == uow.tenant, Import.state.in_(["waiting", "running"]))
        .where(or_(Import.leased_until.is_(None), Import.leased_until < func.now()))
        .order_by(Import.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = uow.session.scalars(due).one_or_none()
    if row is None:
        return None
    row.claim = new_id()
    row.state, row.leased_until = "running", func.now() + LEASE
    return Claim(row.id, row.claim, row.actor, row.owner_id, row.separator, plan_of(row), row.position)


def plan_of(row: Import) -> Plan:
    """How the file is to become leads."""
    mapping = {int(place): field for place, field in row.mapping.items()}
    duplicates: Any = row.duplicates
    return Plan(mapping, duplicates, row.source, row.dry_run)


def content_of(uow: UnitOfWork, id: UUID, most: int | None = None) -> str:
    """The file's text, or its first parts; a letter that a part cuts through is left out."""
    parts = select(ImportPart.raw).where(*_of(uow, ImportPart, id)).order_by(ImportPart.number)
    return b"".join(uow.session.scalars(parts.limit(most))).decode(errors="ignore")


def take_chunk(uow: UnitOfWork, vault: Vault, claim: Claim, chunk: Sequence[Read]) -> None:
    """Makes the next rows leads, and says how far it is. Raises ClaimLost."""
    row = _claimed(uow, claim)
    chunk = with_known_sources(uow, chunk)
    good = [read for read in chunk if read.entry]
    entries = [read.entry for read in good if read.entry]
    if row.dry_run:
        verdicts = foresee(uow, vault, entries)
    else:
        verdicts = [one.verdict for one in create_leads(uow, vault, entries, "import")]
    refused = [_refused(uow, claim, read.row, read.faults) for read in chunk if not read.entry]
    results = Counter({"invalid": len(refused)})
    for read, verdict in zip(good, verdicts, strict=True):
        results["created" if verdict.opens else verdict.decision.replace("blocked", "duplicate")] += 1
        if verdict.decision == "blocked":
            refused.append(_refused(uow, claim, read.row, _there_already(verdict)))
    insert_plain(uow.session, {RefusedRow: refused})
    for name, number in results.items():
        setattr(row, name, getattr(row, name) + number)
    row.position += len(chunk)
    row.leased_until = func.now() + LEASE


def with_known_sources(uow: UnitOfWork, chunk: Sequence[Read]) -> list[Read]:
    """The rows, those refused whose source is none of the tenant's."""
    good = [read for read in chunk if read.entry]
    faults = iter(unfit(uow, [read.entry for read in good if read.entry]))
    return [_refused_field(read, next(faults)) if read.entry else read for read in chunk]


def _refused_field(read: Read, fault: Fault | None) -> Read:
    return Read(read.row, None, [{"column": fault.field, "detail": fault.detail}]) if fault else read


def end_import(uow: UnitOfWork, claim: Claim) -> None:
    """All rows are done. Raises ClaimLost."""
    row = _claimed(uow, claim)
    if not row.dry_run:
        _end(uow, row, "done")
        return
    row.state, row.claim, row.leased_until, row.ended_at = "ready", None, None, uow.now


def release_import(uow: UnitOfWork, claim: Claim) -> None:
    """Lets another member go on at once. Raises ClaimLost."""
    row = _claimed(uow, claim)
    row.claim, row.leased_until = None, None


def fail_import(uow: UnitOfWork, claim: Claim, detail: str) -> None:
    """Gives an import up; the rows before stay. Raises ClaimLost."""
    row = _claimed(uow, claim)
    row.detail = detail
    _end(uow, row, "failed")


def _end(uow: UnitOfWork, row: Import, state: str) -> None:
    """Nobody reads the file any more, so it goes."""
    row.state, row.claim, row.leased_until, row.ended_at = state, None, None, uow.now
    uow.session.execute(delete(ImportPart).where(*_of(uow, ImportPart, row.id)))


def _locked(uow: UnitOfWork, id: UUID) -> Import:
    row = uow.session.get(Import, (uow.tenant, id), with_for_update=True)
    if row is None:
        raise ImportNotFound("No such import.")
    return row


def _claimed(uow: UnitOfWork, claim: Claim) -> Import:
    row = _locked(uow, claim.id)
    if row.claim != claim.token:
        raise ClaimLost(str(claim.id))
    return row


def _of(uow: UnitOfWork, table: type[ImportPart | RefusedRow], id: UUID) -> tuple[Any, Any]:
    return table.tenant_id == uow.tenant, table.import_id == id


def _planned(plan: Plan) -> dict[str, Any]:
    mapping = {str(place): field for place, field in plan.mapping.items()}
    return {
        "mapping": mapping,
        "duplicates": plan.duplicates,
        "source": plan.source,
        "dry_run": plan.dry_run,
    }


def _nothing_done() -> dict[str, Any]:
    counts = dict.fromkeys(("position", "created", "updated", "duplicate", "invalid"), 0)
    return {**counts, "detail": None, "started_at": None, "ended_at": None}


def _there_already(verdict: Verdict) -> list[dict[str, str]]:
    found = verdict.candidates[0]
    reasons = ", ".join(found.reasons)
    return [{"column": "", "detail": f"is there already: {found.object} {found.id} ({reasons})"}]


def _refused(uow: UnitOfWork, claim: Claim, row: Row, why: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "import_id": claim.id,
        "number": row.number,
        "line": row.line,
        "why": why,
        "cells": [cell[:LONGEST_CELL].replace("\x00", "\ufffd") for cell in row.cells],
    }
