"""What a file says: its encoding, its separator, its header, its rows.

A file that names no encoding by a byte order mark is UTF-8 if it can be, else what spreadsheets in the West
write (cp1252, latin-1). A guess by letters would be wrong for short files; whoever knows better says so, and
the preview shows what comes of it.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, NamedTuple

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a file."""
MOST_COLUMNS: Final = 2_000
SEPARATORS: Final = ",;\t|"
Encoding = Literal["utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "cp1251", "shift_jis", "gb18030"]
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAMPLE: Final = 50
_SAMPLE_LETTERS: Final = 100_000
"""Rows, and letters, by which the separator is told."""


class Unreadable(ValueError):
    """This is no table that can be read; the text says why and what to do."""


class Row(NamedTuple):
    """One row: its number among the rows with something in them, from 1; the line it begins on; its cells."""

    number: int
    line: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """A file as a table."""

    encoding: str
    separator: str
    columns: list[str]
    rows: int


def decoded(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text and the encoding. Raises Unreadable."""
    if not raw.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Unreadable("The file is empty.")
    for tried in [encoding] if encoding else _likely(raw):
        try:
            return raw.decode(tried).removeprefix("\ufeff"), tried.removesuffix("-sig")
        except (UnicodeDecodeError, LookupError):
            continue
    raise Unreadable(f"The file is not text in {encoding or 'a known encoding'}; say which encoding it has.")


def _likely(raw: bytes) -> Iterator[str]:
    """Encodings in the order in which they are tried."""
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            yield name
            return
    zeros = raw[:1000].count(0)
    if zeros > len(raw[:1000]) // 4:
        yield "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        return
    yield from ("utf-8", "cp1252", "latin-1")


def read_sheet(text: str, encoding: str, separator: str | None = None) -> Sheet:
    """Header and size of a table. Raises Unreadable."""
    found = separator or _separator(text)
    rows = rows_of(text, found)
    header = next(rows, None)
    if header is None:
        raise Unreadable("The file is empty.")
    if len(header.cells) > MOST_COLUMNS:
        raise Unreadable(f"The header has {len(header.cells)} columns; {MOST_COLUMNS} is the most.")
    if not any(cell.strip() for cell in header.cells):
        raise Unreadable("The first row must name the columns.")
    if any("\0" in cell for cell in header.cells):
        raise Unreadable("The first row has the character NUL in it; send a CSV file, or say its encoding.")
    return Sheet(encoding, found, [cell.strip() for cell in header.cells], sum(1 for _ in rows))


def rows_of(text: str, separator: str) -> Iterator[Row]:
    """The rows with something in them, the header as number 0, whatever ends their lines."""
    csv.field_size_limit(LARGEST)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number, begins = 0, 1
    for cells in lines:
        if any(cells):
            yield Row(number, begins, cells)
            number += 1
        begins = lines.line_num + 1


def _separator(text: str) -> str:
    """By which most rows have as many cells as the header; a comma where none parts anything."""
    return max(SEPARATORS, key=lambda one: _fits(text[:_SAMPLE_LETTERS], one))


def _fits(text: str, separator: str) -> tuple[int, int]:
    widths = [len(row.cells) for row in islice(rows_of(text, separator), _SAMPLE)]
    if not widths or widths[0] < 2:
        return 0, 0
    return Counter(widths)[widths[0]], widths[0]
