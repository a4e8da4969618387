"""May readers and writers of two versions live together? The reference library says, without a registry."""

import json
from itertools import permutations
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse

from chassis.catalogue.contract import Record, Schema


def incompatibilities(record: Record) -> list[str]:
    """Pairs of versions of which one cannot read the other (FULL_TRANSITIVE); empty when all can (G15)."""
    numbered = list(enumerate(record.versions, 1))
    return [
        f"{record.path}: version {reader} cannot read version {writer}: {'; '.join(sorted(faults))}"
        for (reader, reads), (writer, writes) in permutations(numbered, 2)
        if (faults := _faults(reads, writes))
    ]


def _faults(reader: Schema, writer: Schema) -> set[str]:
    checker: Any = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(_parsed(reader), _parsed(writer))
    if result.compatibility is SchemaCompatibilityType.compatible:
        return set()
    return set(result.messages) or {"not compatible"}


def _parsed(schema: Schema) -> Any:
    return parse(json.dumps(schema))
