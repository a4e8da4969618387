"""What files held of people, dropped when a person is erased (F109)."""

from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, or_, select, update

from chassis.db import UnitOfWork
from chassis.imports.jobs import content_of, end
from chassis.imports.reading import rows_of
from chassis.imports.table import Import, RefusedRow
from chassis.traces import GONE, Traces

OPEN: Final = ("ready", "waiting", "running")
GIVEN_UP: Final = "A person in this file was erased: take them out of it and upload it again."


def forget_rows(uow: UnitOfWork, traces: Traces) -> list[UUID]:
    """Gives up the files that name a person and have not ended, and empties what error files show of them.

    The ids of the imports that were given up. What they made before stays.
    """
    mine = select(Import).where(Import.tenant_id == uow.tenant, Import.state.in_(OPEN))
    locked = uow.session.scalars(mine.order_by(Import.id).with_for_update()).all()
    named = [row for row in locked if _names(uow, row, traces)]
    for row in named:
        row.detail = GIVEN_UP
        end(uow, row, "cancelled")
    _empty_refused(uow, traces)
    _redact_headers(uow, traces)
    return [row.id for row in named]


def _names(uow: UnitOfWork, row: Import, traces: Traces) -> bool:
    rows = rows_of(content_of(uow, row.id), row.separator)
    return any(traces.mentioned_in(" ".join(one.cells)) for one in rows)


def _empty_refused(uow: UnitOfWork, traces: Traces) -> None:
    said = (traces.found_in(cast(column, Text)) for column in (RefusedRow.cells, RefusedRow.why))
    theirs = update(RefusedRow).where(RefusedRow.tenant_id == uow.tenant, or_(*said))
    why = [{"column": "", "detail": "The person was erased."}]
    uow.session.execute(theirs.values(cells=[], why=why), execution_options={"synchronize_session": False})


def _redact_headers(uow: UnitOfWork, traces: Traces) -> None:
    """A file may be called after a person, or have one in its first row."""
    told = (traces.found_in(one) for one in (cast(Import.columns, Text), Import.file_name.expression))
    for row in uow.session.scalars(select(Import).where(Import.tenant_id == uow.tenant, or_(*told))):
        if traces.mentioned_in(row.file_name):
            row.file_name = traces.redacted(row.file_name)
        if traces.mentioned_in(" ".join(row.columns)):
            row.columns = [GONE for _ in row.columns]
