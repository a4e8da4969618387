"""What a file says: encodings, separators, line ends, quotes, odd tables."""

import csv
import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.imports import Sheet, Unreadable, as_csv, decoded, harmless, read_sheet, rows_of

TABLE = "First Name;E-Mail;Firma\nJörg;joerg@acme.example;Müller & Söhne\n"


def read(raw: bytes, **rest: Any) -> tuple[Sheet, list[list[str]]]:
    """A file as a table, and its rows."""
    text, encoding = decoded(raw, **rest)
    sheet = read_sheet(text, encoding)
    return sheet, [row.cells for row in rows_of(text, sheet.separator) if row.number]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8"),
        (TABLE.encode("utf-16"), "utf-16"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("cp1252"), "cp1252"),
        (TABLE.encode("latin-1") + b"\x81;x\n", "latin-1"),
    ],
)
def test_a_file_is_read_in_the_encoding_that_it_has(raw: bytes, encoding: str) -> None:
    sheet, rows = read(raw)
    assert (sheet.encoding, sheet.columns) == (encoding, ["First Name", "E-Mail", "Firma"])
    assert rows[0] == ["Jörg", "joerg@acme.example", "Müller & Söhne"]


def test_whoever_knows_the_encoding_says_so() -> None:
    raw = "Имя,Email\nИван,ivan@acme.example\n".encode("cp1251")
    assert read(raw, encoding="cp1251")[1] == [["Иван", "ivan@acme.example"]]
    with pytest.raises(Unreadable, match="utf-8"):
        decoded(raw, "utf-8")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_file_is_parted_by_the_separator_that_it_has(separator: str) -> None:
    lines = [["name", "note"], ["Jo", 'says "a, b; c | d"'], ["Zoe", "1,5"], ["Max", "x"]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(lines)
    sheet, rows = read(text.getvalue().encode())
    assert (sheet.separator, sheet.rows) == (separator, 3)
    assert [sheet.columns, *rows] == lines


def test_lines_may_end_in_any_way_and_be_empty() -> None:
    _, rows = read(b"name,city\r\nJo,Graz\rZoe,Linz\n\n\r\n,\nMax,Wien")
    assert rows == [["Jo", "Graz"], ["Zoe", "Linz"], ["Max", "Wien"]]


def test_a_quoted_cell_may_hold_lines_and_a_row_says_where_it_begins() -> None:
    text = 'name,note\nJo,"one\ntwo, ""three"""\nZoe,x\n'
    assert [(row.number, row.line, row.cells) for row in rows_of(text, ",")] == [
        (0, 1, ["name", "note"]),
        (1, 2, ["Jo", 'one\ntwo, "three"']),
        (2, 4, ["Zoe", "x"]),
    ]


def test_a_quote_that_does_not_close_takes_the_rest() -> None:
    assert [row.cells for row in rows_of('name,note\nJo,"open\nZoe,x\n', ",")][1] == ["Jo", "open\nZoe,x\n"]


def test_large_and_wide_tables_are_read() -> None:
    cell = "x" * 10_000_000
    _, rows = read(f"name,note\nJo,{cell}\n".encode())
    assert rows == [["Jo", cell]]
    wide = ",".join(f"column {n}" for n in range(2000))
    assert len(read(f"{wide}\n1,2\n".encode())[0].columns) == 2000
    with pytest.raises(Unreadable, match="2001 columns"):
        read(f"{wide},more\n".encode())


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"   \r\n", b",,,\n"])
def test_what_is_no_table_says_so(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw)


@given(st.binary(max_size=200))
def test_no_bytes_are_an_accident(raw: bytes) -> None:
    with suppress(Unreadable):
        read(raw)


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_runs_what_is_written(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("a=1") == "a=1"
    (row,) = csv.reader(io.StringIO(as_csv([[cell, 'say "hi"']]).removeprefix("\ufeff"), newline=""))
    assert row == [f"'{cell}", 'say "hi"']


@pytest.mark.parametrize("raw", [b"Name\0,E-Mail\nAna,x\n", "Name,\0\nAna,x\n".encode("utf-16")])
def test_a_header_with_the_character_nul_is_no_header(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="NUL"):
        read(raw)
