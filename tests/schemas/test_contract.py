"""The contract as outsiders meet it: any Confluent client reads what we write, and we read what it writes."""

import io
import json
import struct
from collections.abc import Iterator
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import (
    SchemaRegistryClient,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from chassis.avro import Codec, Undecodable
from chassis.catalogue import Catalogue, Registry, register_schemas
from chassis.catalogue.check import FINGERPRINTS, check, fingerprints, read_example
from chassis.catalogue.contract import ROOT, Record, Topic
from chassis.testing import numbered, packaged_codec

BY_TOPIC: Any = {"subject.name.strategy": topic_record_subject_name_strategy}
SUBJECTS = list(Catalogue.load().subjects())
IDS = [f"{topic.name} {record.name}" for topic, record in SUBJECTS]


def example(record: Record) -> dict[str, Any]:
    return read_example(ROOT / f"examples/{record.path}.v{len(record.versions)}.json", record.newest)


def test_the_contract_is_right() -> None:
    assert check() == []


def test_every_record_is_published_and_so_never_changes() -> None:
    """A file that is not listed could be edited under its readers: python -m chassis.catalogue publish."""
    assert json.loads((ROOT / FINGERPRINTS).read_text()) == fingerprints()


@pytest.mark.parametrize(("topic", "record"), SUBJECTS, ids=IDS)
def test_every_example_goes_over_its_topic(topic: Topic, record: Record) -> None:
    codec = packaged_codec()
    raw = codec.encode(topic.name, record.name, example(record))
    assert codec.decode(topic.name, raw) == (record.name, example(record))


OLDER = [(t, r, n) for t, r in SUBJECTS for n in range(1, len(r.versions))]


@pytest.mark.parametrize(("topic", "record", "number"), OLDER, ids=[f"{r.path}.v{n}" for _, r, n in OLDER])
def test_what_an_older_version_wrote_is_read_as_the_newest(topic: Topic, record: Record, number: int) -> None:
    """G15: golden records stay readable, and what they did not say yet has its default."""
    writer = record.versions[number - 1]
    golden = read_example(ROOT / f"examples/{record.path}.v{number}.json", writer)
    out = io.BytesIO(frame_of(topic, record, number))
    out.seek(0, io.SEEK_END)
    fastavro.schemaless_writer(out, fastavro.parse_schema(writer), golden, strict=True)
    known = {field["name"] for field in writer["fields"]}
    later = {f["name"]: f["default"] for f in record.newest["fields"] if f["name"] not in known}
    assert packaged_codec().decode(topic.name, out.getvalue()) == (record.name, golden | later)


def frame_of(topic: Topic, record: Record, number: int) -> bytes:
    """The first bytes of what a version wrote, in the numbering of `packaged_codec`."""
    ids = numbered(Catalogue.load())[topic.subject(record)]
    return struct.pack(">BI", 0, ids[number - 1])


@pytest.fixture(scope="module")
def codec(registry: str) -> Iterator[Codec]:
    catalogue = Catalogue.load()
    with Registry(registry) as client:
        register_schemas(catalogue, client)
        yield Codec.start(catalogue, client)


@pytest.fixture(scope="module")
def outsider(registry: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": registry, "timeout": 10}) as client:
        yield client


@pytest.mark.parametrize(("topic", "record"), SUBJECTS, ids=IDS)
def test_confluents_client_and_we_read_each_other(
    codec: Codec, outsider: SchemaRegistryClient, topic: Topic, record: Record
) -> None:
    where = SerializationContext(topic.name, MessageField.VALUE, [])
    theirs = AvroSerializer(
        outsider, json.dumps(record.newest), conf={**BY_TOPIC, "auto.register.schemas": False}
    )(example(record), where)
    assert codec.decode(topic.name, theirs) == (record.name, example(record))
    ours = codec.encode(topic.name, record.name, example(record))
    read = AvroDeserializer(outsider, conf=BY_TOPIC)
    assert read(ours, where) == example(record)


def test_another_subject_naming_is_not_ours(codec: Codec, outsider: SchemaRegistryClient) -> None:
    """A schema that its writer registered past the gate, under a subject of his own, is refused."""
    topic = Catalogue.load().topic("engagement.inbound")
    record = topic.records[0]
    rogue = {**record.newest, "doc": "Registered elsewhere.", "fields": record.newest["fields"][:4]}
    where = SerializationContext(topic.name, MessageField.VALUE, [])
    write = AvroSerializer(
        outsider, json.dumps(rogue), conf={"subject.name.strategy": record_subject_name_strategy}
    )
    value = {field["name"]: example(record)[field["name"]] for field in rogue["fields"]}
    with pytest.raises(Undecodable, match="belongs to"):
        codec.decode(topic.name, write(value, where))
