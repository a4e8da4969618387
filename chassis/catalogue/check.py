"""What every file of the contract must keep to. Reads files only."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from avro.errors import AvroException
from avro.schema import parse
from fastavro import json_reader, parse_schema, schemaless_reader, schemaless_writer

from chassis.catalogue.compatibility import incompatibilities
from chassis.catalogue.contract import ROOT, Catalogue, ContractError, Record, Schema, load_records

FINGERPRINTS = "published.json"
"""Record file to SHA-256: what is listed here is in the world and never changes again."""
PERSONAL = frozenset({"email", "phone", "first_name", "last_name", "name", "payload", "properties"})
SHORT_LIVED = frozenset({"1h", "7d"})


def check(root: Path = ROOT) -> list[str]:
    """Every fault of the contract in a folder, a line each; empty when all is well."""
    try:
        catalogue, records = Catalogue.load(root), load_records(root)
        faults = [fault for record in records.values() for fault in _record_faults(record, root)]
        return [*faults, *_topic_faults(catalogue, records), *changed(root)]
    except (ContractError, KeyError, TypeError) as error:
        return [f"{type(error).__name__}: {error}"]


def _record_faults(record: Record, root: Path) -> Iterator[str]:
    parts: tuple[Callable[[Schema], Iterator[str]], ...] = (
        _not_parsed,
        _undocumented,
        _out_of_order,
        _costly,
    )
    for number, schema in enumerate(record.versions, 1):
        name = f"{record.path}.v{number}"
        yield from (f"{name}: {fault}" for part in parts for fault in part(schema))
        yield from (f"{name}: {fault}" for fault in _example_faults(root, name, schema))
    if len({f"{s['namespace']}.{s['name']}" for s in record.versions}) > 1:
        yield f"{record.path}: its versions have different names, so they would be different subjects"
    yield from incompatibilities(record)


def _not_parsed(schema: Schema) -> Iterator[str]:
    try:
        parse(json.dumps(schema))
    except AvroException as error:
        yield f"is not Avro: {error}"


def _records_in(schema: Any) -> Iterator[Schema]:
    """The record and every record inside it."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _records_in(branch)
    elif isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
            for field in schema["fields"]:
                yield from _records_in(field["type"])
        for inner in ("items", "values"):
            yield from _records_in(schema.get(inner))


def _undocumented(schema: Schema) -> Iterator[str]:
    for record in _records_in(schema):
        if not record.get("doc"):
            yield f"{record['name']} has no doc"
        yield from (f"{record['name']}.{f['name']} has no doc" for f in record["fields"] if not f.get("doc"))


def _out_of_order(schema: Schema) -> Iterator[str]:
    """Ids stand first, so that a reader in a hurry can stop behind them."""
    names = [field["name"] for field in schema["fields"]]
    if not any(name.endswith("_id") for name in names):
        return
    if not names[0].endswith("_id"):
        yield f"begins with {names[0]}, not with its id"
    if "tenant_id" in names and names[1] != "tenant_id":
        yield "tenant_id is not the second field"


def _costly(schema: Schema) -> Iterator[str]:
    """Longs and strings in the loop, no UUID, no datetime; null is the default of what may be null."""
    for record in _records_in(schema):
        for field in record["fields"]:
            kind = field["type"]
            if isinstance(kind, dict) and "logicalType" in kind:
                yield f"{field['name']} has the logical type {kind['logicalType']}"
            if isinstance(kind, list) and kind[0] == "null" and field.get("default", "") is not None:
                yield f"{field['name']} may be null and has no default null"


def _example_faults(root: Path, name: str, schema: Schema) -> Iterator[str]:
    file = root / "examples" / f"{name}.json"
    try:
        value = read_example(file, schema)
    except OSError:
        yield f"has no example, {file.relative_to(root)}"
    except Exception as error:
        yield f"its example is none of it: {error!r}"
    else:
        if _round_trip(value, schema) != value:
            yield "its example comes back otherwise"


def read_example(file: Path, schema: Schema) -> dict[str, Any]:
    """The record of an example file, which is in Avro's JSON encoding. Raises OSError, ValueError."""
    line = json.dumps(json.loads(file.read_text()))
    value: Any = next(iter(json_reader(io.StringIO(line), parse_schema(schema))))
    return dict(value)


def _round_trip(value: dict[str, Any], schema: Schema) -> Any:
    parsed, stream = parse_schema(schema), io.BytesIO()
    schemaless_writer(stream, parsed, value, strict=True)
    stream.seek(0)
    return schemaless_reader(stream, parsed, None)


def _topic_faults(catalogue: Catalogue, records: dict[str, Record]) -> Iterator[str]:
    carried = {record.path for _, record in catalogue.subjects()}
    yield from (f"{path}: no topic carries it" for path in records.keys() - carried)
    for topic, record in catalogue.subjects():
        topic.config  # noqa: B018  raises for a retention that is none
        personal = PERSONAL & {field["name"] for field in record.newest["fields"]}
        if personal and topic.retention not in SHORT_LIVED:
            named = ", ".join(sorted(personal))
            yield f"{topic.name} is kept {topic.retention} and carries {named} in the clear"


def fingerprints(root: Path = ROOT) -> dict[str, str]:
    """SHA-256 of every record file, by path."""
    files = sorted(root.glob("*/*.avsc"))
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def changed(root: Path = ROOT) -> list[str]:
    """Published record files that are not what they were: a change is a new version, never an edit."""
    now, then = fingerprints(root), _published(root)
    return [
        f"{name}: was published and has changed; write a new version"
        for name in then
        if now.get(name) != then[name]
    ]


def publish(root: Path = ROOT) -> list[str]:
    """Lists new record files as published; their names. Raises ContractError where one has changed."""
    if faults := changed(root):
        raise ContractError("; ".join(faults))
    now, then = fingerprints(root), _published(root)
    (root / FINGERPRINTS).write_text(json.dumps(now, indent=2) + "\n")
    return sorted(now.keys() - then.keys())


def _published(root: Path) -> dict[str, str]:
    file = root / FINGERPRINTS
    stored: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return stored
