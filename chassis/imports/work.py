"""Imports as their worker sees them: claimed, taken in chunk by chunk, ended or given back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select, text

from chassis.db import UnitOfWork, insert_plain
from chassis.failpoints import reached
from chassis.ids import new_id
from chassis.imports.contract import Importable, Outcome, Plan, Read
from chassis.imports.jobs import end, locked, plan_of
from chassis.imports.table import Import, RefusedRow
from chassis.pii import Vault

Entry = TypeVar("Entry")
LEASE: Final = timedelta(seconds=15)
LONGEST_CELL: Final = 1_000
"""Characters of a cell that the file of refused rows shows."""
_REFUSED: Final = ("duplicate", "invalid")


class ClaimLost(Exception):
    """Another member works on the import, or it was cancelled."""


@dataclass(frozen=True)
class Claim:
    """An import that this member works on."""

    id: UUID
    token: UUID
    actor: str
    separator: str
    plan: Plan
    position: int


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
    return Claim(row.id, row.claim, row.actor, row.separator, plan_of(row), row.position)


def take_chunk(
    uow: UnitOfWork, vault: Vault, kind: Importable[Entry], claim: Claim, chunk: Sequence[Read[Entry]]
) -> None:
    """Makes the next rows what they describe, and says how far it is. Raises ClaimLost."""
    row = _claimed(uow, claim)
    work = kind.foresee if row.dry_run else kind.take
    came = outcomes(chunk, work(uow, vault, claim.plan, entries_of(chunk)))
    refused = [
        _refused(uow, claim, read, outcome)
        for read, outcome in zip(chunk, came, strict=True)
        if outcome.result in _REFUSED
    ]
    insert_plain(uow.session, {RefusedRow: refused})
    for result, number in Counter(outcome.result for outcome in came).items():
        setattr(row, result, getattr(row, result) + number)
    row.position += len(chunk)
    row.leased_until = func.now() + LEASE
    reached("import.before_commit")


def entries_of(chunk: Sequence[Read[Entry]]) -> list[Entry]:
    """Those of the rows that could be read."""
    return [read.entry for read in chunk if read.entry is not None]


def outcomes(chunk: Sequence[Read[Entry]], came: Sequence[Outcome]) -> list[Outcome]:
    """What came of every row, of those that could not be read too."""
    following: Iterator[Outcome] = iter(came)
    return [next(following) if read.entry is not None else Outcome("invalid", read.faults) for read in chunk]


def end_import(uow: UnitOfWork, claim: Claim) -> None:
    """All rows are done. Raises ClaimLost."""
    row = _claimed(uow, claim)
    if not row.dry_run:
        end(uow, row, "done")
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
    end(uow, row, "failed")


def _claimed(uow: UnitOfWork, claim: Claim) -> Import:
    row = locked(uow, claim.id)
    if row.claim != claim.token:
        raise ClaimLost(str(claim.id))
    return row


def _refused(uow: UnitOfWork, claim: Claim, read: Read[Any], outcome: Outcome) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "import_id": claim.id,
        "number": read.row.number,
        "line": read.row.line,
        "why": [fault._asdict() for fault in outcome.why],
        "cells": [cell[:LONGEST_CELL].replace("\x00", "\ufffd") for cell in read.row.cells],
    }
