"""Many rows of several tables, stored by one statement."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import TextClause, inspect, text
from sqlalchemy.orm import Session, make_transient_to_detached

from chassis.db.models import Model


def insert_rows(session: Session, rows: Iterable[Model]) -> None:
    """Stores new rows of any tables in one round trip, however many; the session holds them from then on.

    What the database would fill in itself has to be given. No column may hold bytes. A foreign key from one
    of the rows to another is checked when all are there.
    """
    by_table: dict[type[Model], list[Model]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    if not by_table:
        return
    session.flush()
    values = {kind.__tablename__: _json(kind, given) for kind, given in by_table.items()}
    session.execute(_statement(tuple(by_table)), values)
    for given in by_table.values():
        for row in given:
            make_transient_to_detached(row)
        session.add_all(given)


def _json(kind: type[Model], rows: Sequence[Model]) -> str:
    names = _columns(kind)
    return orjson.dumps([{column: getattr(row, name) for name, column in names} for row in rows]).decode()


@cache
def _columns(kind: type[Model]) -> tuple[tuple[str, str], ...]:
    """Attribute and column, of those that the code knows: the table may have newer ones already."""
    mapped: Any = inspect(kind)
    return tuple((name, column.name) for name, column in mapped.columns.items())


@cache
def _statement(kinds: tuple[type[Model], ...]) -> TextClause:
    *before, last = [_insert(kind) for kind in kinds]
    parts = ", ".join(f"part{number} AS ({insert})" for number, insert in enumerate(before))
    return text(f"WITH {parts} {last}" if parts else last)


def _insert(kind: type[Model]) -> str:
    table, columns = kind.__tablename__, ", ".join(column for _, column in _columns(kind))
    rows = f"jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:{table} AS jsonb))"
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {rows}"  # noqa: S608 - names from the code
