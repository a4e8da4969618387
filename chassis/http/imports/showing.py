"""Imports as the API shows them: their state, what would come of their rows, the rows that were refused."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from fastapi import Response

from chassis.db import UnitOfWork
from chassis.http.imports.bodies import ForeseenView, ImportView, LikelyView
from chassis.http.imports.door import Door
from chassis.imports import (
    Import,
    Importable,
    Outcome,
    Plan,
    Read,
    as_csv,
    content_of,
    plan_of,
    refused_rows,
    rows_of,
)
from chassis.imports.work import entries_of, outcomes

PREVIEWED: Final = 20
"""Rows."""


def view(door: Door, row: Import) -> ImportView:
    """An import as it is."""
    return door.view(**_fields(door, row))


def _fields(door: Door, row: Import) -> dict[str, Any]:
    """The fields of an import as the API shows them, with what the service itself was told."""
    derived = {
        **row.given,
        "columns": [
            {"index": n, "header": header, "field": row.mapping.get(str(n))}
            for n, header in enumerate(row.columns)
        ],
        "errors": f"{door.address}/{row.id}/errors",
    }
    return {name: derived.get(name, getattr(row, name, None)) for name in door.view.model_fields}


def previewed(door: Door, uow: UnitOfWork, runtime: Any, row: Import) -> ImportView:
    """An import; before its start with what would come of its first rows."""
    preview = _foreseen(door, uow, runtime, row) if row.state == "ready" else []
    seen: ImportView = door.previewed(**_fields(door, row), preview=preview)
    return seen


def _foreseen(door: Door, uow: UnitOfWork, runtime: Any, row: Import) -> list[ForeseenView]:
    """What would come of the first rows."""
    kind, plan = door.kind, plan_of(row)
    first = islice(rows_of(content_of(uow, row.id, most=1), row.separator), 1, 1 + PREVIEWED)
    read = [kind.read(one, plan, uow.now) for one in first]
    came = outcomes(read, kind.foresee(uow, runtime.vault, plan, entries_of(read)))
    return [_seen(kind, plan, *pair) for pair in zip(read, came, strict=True)]


def _seen(kind: Importable[Any], plan: Plan, read: Read[Any], outcome: Outcome) -> ForeseenView:
    shown = {name: str(said)[:200] for name, said in kind.fields(read.row.cells, plan.mapping).items()}
    return ForeseenView(
        line=read.row.line,
        fields=shown,
        result=outcome.result,
        errors=[fault._asdict() for fault in outcome.why if outcome.result == "invalid"],
        duplicates=[LikelyView(**one) for one in outcome.candidates],
    )


def error_file(uow: UnitOfWork, row: Import) -> Response:
    """The rows of which nothing came, as a CSV file."""
    lines = (
        [str(one.line), "; ".join(_why(fault) for fault in one.why), *one.cells]
        for one in refused_rows(uow, row.id)
    )
    text = as_csv([["line", "error", *row.columns], *lines])
    name = {"Content-Disposition": f'attachment; filename="import-{row.id}-errors.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=name)


def _why(fault: Mapping[str, str]) -> str:
    return f"{fault['column']}: {fault['detail']}" if fault["column"] else fault["detail"]
