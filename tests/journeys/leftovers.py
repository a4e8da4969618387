"""Where a person is still spoken of: a look into every column of every table that PostgreSQL knows."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.journeys.row_security import Connection, tables
from tests.journeys.twins import SERVICES
from tests.world import World


@dataclass(frozen=True)
class Marks:
    """What nobody else is called, and what only one phone number has in it."""

    words: tuple[str, ...]
    """Lower case, ASCII."""
    digits: str


def leftovers(world: World, marks: Marks) -> set[str]:
    """`service.table.column` of every place that speaks of a person in the clear."""
    found = set()
    for service in SERVICES:
        with psycopg.connect(world.system.postgres.url("postgres", service.name)) as connection:
            for table in tables(connection):
                found |= {f"{service.name}.{table}.{column}" for column in speaking(connection, table, marks)}
    return found


def speaking(connection: Connection, table: str, marks: Marks) -> Iterator[str]:
    """Columns of a table with a mark in any row."""
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) = 'bytea' FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [f'"{table}"'],
    ).fetchall()
    looks = [
        sql.SQL("coalesce(bool_or({}), false)").format(_marked(name, raw, marks)) for name, raw in columns
    ]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(looks), sql.Identifier(table))
    (seen,) = connection.execute(query).fetchall()
    yield from (name for (name, _), marked in zip(columns, seen, strict=True) if marked)


def _marked(column: str, raw: bool, marks: Marks) -> sql.Composable:
    """Bytes are read as text; what is no ASCII among them is escaped, and of no interest."""
    text = sql.SQL("encode({}, 'escape')" if raw else "{}::text").format(sql.Identifier(column))
    words = sql.SQL(" OR ").join(
        sql.SQL("strpos(lower({}), {}) > 0").format(text, sql.Literal(word)) for word in marks.words
    )
    digits = sql.SQL("strpos(regexp_replace({}, '[^0-9]', '', 'g'), {}) > 0").format(
        text, sql.Literal(marks.digits)
    )
    return sql.SQL("({} OR {})").format(words, digits)
