"""Generated readers and writers do exactly what fastavro does, over every record of the contract."""

from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.avro_codegen import Unsupported, Unusual, reader, writer
from chassis.avro_codegen.numbers import read_long
from chassis.catalogue import Catalogue

RECORDS = {record.full_name: parse_schema(record.newest) for _, record in Catalogue.load().subjects()}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "string": TEXT,
    "bytes": st.binary(max_size=80),
}


def values(schema: Any, known: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema."""
    if isinstance(schema, list):
        return st.one_of([values(branch, known) for branch in schema])
    if isinstance(schema, str):
        return PLAIN[schema] if schema in PLAIN else values(known[schema], known)
    if schema["type"] == "record":
        known[schema["name"]] = schema
        return st.fixed_dictionaries({f["name"]: values(f["type"], known) for f in schema["fields"]})
    if schema["type"] == "array":
        return st.lists(values(schema["items"], known), max_size=4)
    if schema["type"] == "map":
        return st.dictionaries(TEXT, values(schema["values"], known), max_size=4)
    return PLAIN[schema["type"]]


def fastavro_bytes(schema: Any, value: Any) -> bytes:
    """What the general writer makes of it."""
    out = BytesIO()
    schemaless_writer(out, schema, value)
    return out.getvalue()


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_bytes_are_fastavros_and_reading_gives_the_record_back(name: str, data: st.DataObject) -> None:
    schema = RECORDS[name]
    value = data.draw(values(schema, {}))
    raw = fastavro_bytes(schema, value)
    assert writer(schema)(value) == raw
    assert reader(schema)(b"....." + raw, 5) == (schemaless_reader(BytesIO(raw), schema, None), 5 + len(raw))


def test_a_number_of_more_than_64_bits_is_left_to_fastavro() -> None:
    with pytest.raises(Unusual):
        read_long(b"\x80" * 9 + b"\x02", 0)


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.data(), cut=st.integers(0, 200), noise=st.binary(max_size=20))
@settings(max_examples=15, deadline=None)
def test_what_is_broken_is_never_read_as_something_else_than_fastavro_reads(
    name: str, data: st.DataObject, cut: int, noise: bytes
) -> None:
    schema = RECORDS[name]
    raw = fastavro_bytes(schema, data.draw(values(schema, {})))[:cut] + noise
    try:
        value, end = reader(schema)(raw, 0)
    except Exception:
        return
    if end == len(raw):
        assert value == schemaless_reader(BytesIO(raw), schema, None)


@pytest.mark.parametrize(
    "value",
    [{}, {"time": 1}, {"time": True, "offset": 0, "ends": {}}, {"time": 2**63, "offset": 0, "ends": {}},
     {"time": 1, "offset": 0, "ends": {}, "more": 1}, {"time": "1", "offset": 0, "ends": {}}],
)  # fmt: skip
def test_an_unusual_value_is_left_to_fastavro(value: dict[str, Any]) -> None:
    with pytest.raises((Unusual, KeyError)):
        writer(RECORDS["salescompass.clock.Tick"])(value)


@pytest.mark.parametrize(
    "schema",
    [{"type": "enum", "name": "E", "symbols": ["A"]}, {"type": "long", "logicalType": "timestamp-millis"},
     [{"type": "map", "values": "long"}, "null"], ["int", "long"]],
)  # fmt: skip
def test_a_schema_with_more_than_that_is_refused(schema: Any) -> None:
    with pytest.raises(Unsupported):
        writer(schema)
