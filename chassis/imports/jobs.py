"""Imports as people see them: a file kept, started, cancelled, followed."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, tuple_

from chassis.db import UnitOfWork
from chassis.imports.contract import Plan
from chassis.imports.reading import Sheet
from chassis.imports.table import Import, ImportPart, RefusedRow

PART: Final = 1024 * 1024


class ImportNotFound(Exception):
    """There is no such import in this tenant."""


class ImportNotNow(Exception):
    """The import's state does not allow this."""

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"An import that is {state} cannot be {wanted}.")


def store_import(uow: UnitOfWork, id: UUID, file_name: str, content: str, sheet: Sheet, plan: Plan) -> Import:
    """Keeps a file and how it is to be read; nothing is done with it yet. Again under the same id: no-op."""
    if known := uow.session.get(Import, (uow.tenant, id)):
        return known
    raw = content.encode()
    row = Import(
        tenant_id=uow.tenant,
        id=id,
        created_at=uow.now,
        actor=uow.actor,
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
    """Lets the rows become things, or says what would come of them; in the name of who starts it.

    Raises ImportNotFound, ImportNotNow.
    """
    row = locked(uow, id)
    if row.state != "ready":
        raise ImportNotNow(row.state, "started")
    for name, value in {**(_planned(plan) if plan else {}), **_nothing_done()}.items():
        setattr(row, name, value)
    uow.session.execute(delete(RefusedRow).where(*_of(uow, RefusedRow, id)))
    row.state, row.started_at, row.actor = "waiting", uow.now, uow.actor
    return row


def cancel_import(uow: UnitOfWork, id: UUID) -> Import:
    """Lets no more rows become things; those that did stay. Raises ImportNotFound, ImportNotNow."""
    row = locked(uow, id)
    if row.state in ("done", "failed"):
        raise ImportNotNow(row.state, "cancelled")
    if row.state != "cancelled":
        end(uow, row, "cancelled")
    return row


def get_import(uow: UnitOfWork, id: UUID) -> Import:
    """One import. Raises ImportNotFound."""
    return _found(uow.session.get(Import, (uow.tenant, id)))


def list_imports(uow: UnitOfWork, after: Sequence[Any] | None, limit: int) -> Sequence[Import]:
    """At most `limit`, the newest first."""
    found = select(Import).where(Import.tenant_id == uow.tenant)
    if after is not None:
        found = found.where(tuple_(Import.created_at, Import.id) < tuple_(*after))
    return uow.session.scalars(found.order_by(Import.created_at.desc(), Import.id.desc()).limit(limit)).all()


def refused_rows(uow: UnitOfWork, id: UUID) -> Sequence[RefusedRow]:
    """Every refused row of an import, in the order of the file."""
    mine = select(RefusedRow).where(*_of(uow, RefusedRow, id))
    return uow.session.scalars(mine.order_by(RefusedRow.number)).all()


def plan_of(row: Import) -> Plan:
    """How the file is to be taken in."""
    mapping = {int(place): field for place, field in row.mapping.items()}
    return Plan(mapping, row.duplicates, row.given, row.owner_id, row.dry_run)


def content_of(uow: UnitOfWork, id: UUID, most: int | None = None) -> str:
    """The file's text, or its first parts; a letter that a part cuts through is left out."""
    parts = select(ImportPart.raw).where(*_of(uow, ImportPart, id)).order_by(ImportPart.number)
    return b"".join(uow.session.scalars(parts.limit(most))).decode(errors="ignore")


def locked(uow: UnitOfWork, id: UUID) -> Import:
    """The import under its row lock. Raises ImportNotFound."""
    return _found(uow.session.get(Import, (uow.tenant, id), with_for_update=True))


def end(uow: UnitOfWork, row: Import, state: str) -> None:
    """Nobody reads the file any more, so it goes."""
    row.state, row.claim, row.leased_until, row.ended_at = state, None, None, uow.now
    uow.session.execute(delete(ImportPart).where(*_of(uow, ImportPart, row.id)))


def _found(row: Import | None) -> Import:
    if row is None:
        raise ImportNotFound("No such import.")
    return row


def _of(uow: UnitOfWork, table: type[ImportPart | RefusedRow], id: UUID) -> tuple[Any, Any]:
    return table.tenant_id == uow.tenant, table.import_id == id


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "mapping": {str(place): field for place, field in plan.mapping.items()},
        "duplicates": plan.duplicates,
        "given": dict(plan.given),
        "owner_id": plan.owner_id,
        "dry_run": plan.dry_run,
    }


def _nothing_done() -> dict[str, Any]:
    counts = dict.fromkeys(("position", "created", "updated", "duplicate", "invalid"), 0)
    return {**counts, "detail": None, "started_at": None, "ended_at": None}
