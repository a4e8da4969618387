"""Many rows of several tables, written by one statement."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Row, TextClause, inspect, text
from sqlalchemy.orm import Session

from chassis.db.models import Model

Given = TypeVar("Given", bound=Model)
Rows = Sequence[Mapping[str, Any]]
"""Rows by column."""
Plain = Mapping[type[Model], Rows]
NONE: Final[Plain] = {}


def write_plain(
    session: Session,
    *,
    insert: Plain = NONE,
    keep: Plain = NONE,
    replace: Plain = NONE,
    update: Plain = NONE,
) -> None:
    """Writes rows that nobody needs as objects, which is most of their cost, in one round trip.

    A row that is there already is an error (insert), stays as it is (keep) or becomes the given one
    (replace). Of these a column that is left out is null: the database fills in nothing. An update sets the
    columns of its first row and passes over what is not there. No row may be written twice. A foreign key
    from one of the rows to another is checked when all are there.
    COPY would be the faster way in, but PostgreSQL refuses it under row security.
    """
    ways = {_insert: insert, _keep: keep, _replace: replace, _update: update}
    given = [(way, kind, rows) for way, plain in ways.items() for kind, rows in plain.items() if rows]
    if given:
        session.flush()
        parts = tuple(
            (way, kind, tuple(rows[0]) if way is _update else _columns(kind)) for way, kind, rows in given
        )
        session.execute(_statement(parts), {f"rows{n}": _json(rows) for n, (_, _, rows) in enumerate(given)})


def insert_plain(session: Session, rows: Plain) -> None:
    """New rows of several tables, as `write_plain` inserts them."""
    write_plain(session, insert=rows)


def insert_fresh(
    session: Session, kind: type[Model], rows: Rows, *told: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Stores rows that are not there yet; the columns `told` of just these."""
    return _written(session, _keep, kind, rows, told)


def write_newer(
    session: Session, kind: type[Model], rows: Rows, *told: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Stores rows that are not there yet or have a higher `version`; the columns `told` of just these.

    No row may be written twice.
    """
    return _written(session, _newer, kind, rows, told)


def whole(kind: type[Given], values: Mapping[str, Any]) -> Given:
    """A row as an object with every column, and with no session to watch it."""
    row = kind()
    vars(row).update(dict.fromkeys(name for name, _ in _names(kind)))
    vars(row).update(values)
    return row


def values_of(row: Model) -> dict[str, Any]:
    """A row by column; what was not given is null."""
    known = vars(row)
    return {column: known.get(name) for name, column in _names(type(row))}


@cache
def _names(kind: type[Model]) -> tuple[tuple[str, str], ...]:
    """Attribute and column, of those that the code knows: the table may have newer ones already."""
    mapped: Any = inspect(kind)
    return tuple((name, column.name) for name, column in mapped.columns.items())


@cache
def _columns(kind: type[Model]) -> tuple[str, ...]:
    return tuple(column for _, column in _names(kind))


@cache
def _key(kind: type[Model]) -> tuple[str, ...]:
    mapped: Any = inspect(kind)
    return tuple(column.name for column in mapped.primary_key)


def _json(rows: Rows) -> str:
    return orjson.dumps(rows, default=_bytea).decode()


def _bytea(value: object) -> str:
    """Bytes as PostgreSQL reads them from text. Raises TypeError for what no column holds."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"a column cannot hold a {type(value).__name__}")


Way = Callable[[type[Model], Sequence[str], str], str]
"""SQL that brings columns of the given rows into a table."""


def _written(
    session: Session, way: Way, kind: type[Model], rows: Rows, told: Sequence[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    if not rows:
        return []
    session.flush()
    written = session.execute(_statement(((way, kind, _columns(kind)),), told), {"rows0": _json(rows)})
    return written.all() if told else []


@cache
def _statement(
    parts: tuple[tuple[Way, type[Model], Sequence[str]], ...], told: Sequence[str] = ()
) -> TextClause:
    *before, last = [way(kind, columns, _given(kind, n)) for n, (way, kind, columns) in enumerate(parts)]
    others = ", ".join(f"part{n} AS ({part})" for n, part in enumerate(before))
    returned = f" RETURNING {', '.join(told)}" if told else ""
    return text(f"WITH {others} {last}{returned}" if others else last + returned)


def _given(kind: type[Model], number: int) -> str:
    return f"json_populate_recordset(CAST(NULL AS {kind.__tablename__}), CAST(:rows{number} AS json))"


def _insert(kind: type[Model], columns: Sequence[str], rows: str) -> str:
    listed = ", ".join(columns)
    return f"INSERT INTO {kind.__tablename__} ({listed}) SELECT {listed} FROM {rows}"  # noqa: S608 - names from the code


def _keep(kind: type[Model], columns: Sequence[str], rows: str) -> str:
    return f"{_insert(kind, columns, rows)} ON CONFLICT DO NOTHING"


def _replace(kind: type[Model], columns: Sequence[str], rows: str) -> str:
    key = _key(kind)
    new = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    return f"{_insert(kind, columns, rows)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {new}"


def _newer(kind: type[Model], columns: Sequence[str], rows: str) -> str:
    return f"{_replace(kind, columns, rows)} WHERE {kind.__tablename__}.version < excluded.version"


def _update(kind: type[Model], columns: Sequence[str], rows: str) -> str:
    table, key = kind.__tablename__, _key(kind)
    new = ", ".join(f"{column} = given.{column}" for column in columns if column not in key)
    same = " AND ".join(f"{table}.{column} = given.{column}" for column in key)
    return f"UPDATE {table} SET {new} FROM {rows} AS given WHERE {same}"  # noqa: S608 - names from the code
