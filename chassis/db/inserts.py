"""Many rows of several tables, stored by one statement."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import orjson
from sqlalchemy import TextClause, inspect, text
from sqlalchemy.orm import Session, make_transient_to_detached

from chassis.db.models import Model

Row = TypeVar("Row", bound=Model)
Plain = Mapping[type[Model], Sequence[Mapping[str, Any]]]
"""Table to rows by column; a column that a row leaves out is null."""


def insert_rows(session: Session, rows: Iterable[Model]) -> None:
    """Stores new rows of any tables in one round trip, however many; the session holds them from then on.

    What the database would fill in itself has to be given. No column may hold bytes. A foreign key from one
    of the rows to another is checked when all are there.
    """
    by_table: dict[type[Model], list[Model]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    insert_plain(session, {kind: [values_of(row) for row in given] for kind, given in by_table.items()})
    for given in by_table.values():
        for row in given:
            make_transient_to_detached(row)
        session.add_all(given)


def insert_plain(session: Session, rows: Plain, *, again: bool = False) -> None:
    """The same for rows that nobody needs as objects, which is most of their cost.

    `again`: a row that is there already stays as it is.
    COPY would be the faster way in, but PostgreSQL refuses it under row security.
    """
    given = {kind: some for kind, some in rows.items() if some}
    if given:
        session.flush()
        values = {kind.__tablename__: orjson.dumps(some).decode() for kind, some in given.items()}
        session.execute(_statement(tuple(given), again), values)


def whole(kind: type[Row], values: Mapping[str, Any]) -> Row:
    """A row as an object with every column, and with no session to watch it."""
    row = kind()
    vars(row).update(_nothing(kind))
    vars(row).update(values)
    return row


def values_of(row: Model) -> dict[str, Any]:
    """The row by column; what was not given is null, so that nobody has to ask for it afterwards."""
    kind = type(row)
    unsaid = {name: value for name, value in _nothing(kind).items() if name not in vars(row)}
    vars(row).update(unsaid)
    return {column: getattr(row, name) for name, column in _columns(kind)}


@cache
def _nothing(kind: type[Model]) -> dict[str, None]:
    return dict.fromkeys(name for name, _ in _columns(kind))


@cache
def _columns(kind: type[Model]) -> tuple[tuple[str, str], ...]:
    """Attribute and column, of those that the code knows: the table may have newer ones already."""
    mapped: Any = inspect(kind)
    return tuple((name, column.name) for name, column in mapped.columns.items())


@cache
def _statement(kinds: tuple[type[Model], ...], again: bool) -> TextClause:
    tail = " ON CONFLICT DO NOTHING" if again else ""
    *before, last = [_insert(kind) + tail for kind in kinds]
    parts = ", ".join(f"part{number} AS ({insert})" for number, insert in enumerate(before))
    return text(f"WITH {parts} {last}" if parts else last)


def _insert(kind: type[Model]) -> str:
    table, columns = kind.__tablename__, ", ".join(column for _, column in _columns(kind))
    rows = f"json_populate_recordset(CAST(NULL AS {table}), CAST(:{table} AS json))"
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {rows}"  # noqa: S608 - names from the code
