import json
import shutil
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import avro
from chassis.avro import Codec, SchemaUnavailable, Undecodable, Unencodable
from chassis.catalogue import (
    Catalogue,
    NotFound,
    Registry,
    RegistryUnavailable,
    look_up_ids,
    register_schemas,
)
from chassis.catalogue.check import read_example
from chassis.catalogue.contract import ROOT
from chassis.testing import packaged_codec

RECORDED = read_example(
    ROOT / "examples/engagement/engagement_recorded.v1.json",
    Catalogue.load().topic("engagement.recorded").records[0].newest,
)
TOPIC, TYPE = "engagement.recorded", "EngagementRecorded"


@cache
def shared_codec() -> Codec:
    return packaged_codec()


@pytest.fixture
def codec() -> Codec:
    return shared_codec()


def test_a_record_comes_back_as_it_went(codec: Codec) -> None:
    assert codec.decode(TOPIC, codec.encode(TOPIC, TYPE, RECORDED)) == (TYPE, RECORDED)


text = st.text(st.characters(exclude_categories=["Cs"]))
longs = st.integers(-(2**63), 2**63 - 1)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("event_id", "tenant_id", "lead_id", "kind", "source_id"), text),
            **dict.fromkeys(("occurred_at", "received_at"), longs),
            "once_key": st.none() | longs,
            "path": st.none() | text,
        }
    )
)
def test_any_record_comes_back_as_it_went(record: dict[str, Any]) -> None:
    codec = shared_codec()
    assert codec.decode(TOPIC, codec.encode(TOPIC, TYPE, record)) == (TYPE, record)


def test_fields_with_a_default_may_be_left_out(codec: Codec) -> None:
    short = {name: value for name, value in RECORDED.items() if name not in ("once_key", "path")}
    assert codec.decode(TOPIC, codec.encode(TOPIC, TYPE, short))[1] == {
        **short,
        "once_key": None,
        "path": None,
    }


@pytest.mark.parametrize(
    "record",
    [
        {**RECORDED, "unknown": 1},
        {name: value for name, value in RECORDED.items() if name != "lead_id"},
        {**RECORDED, "lead_id": None},
        {**RECORDED, "occurred_at": "soon"},
        {**RECORDED, "occurred_at": 2**63},
    ],
    ids=["unknown field", "missing field", "null", "text for a number", "number too large"],
)
def test_a_record_that_does_not_fit_is_not_encoded(codec: Codec, record: dict[str, Any]) -> None:
    with pytest.raises(Unencodable, match=TYPE):
        codec.encode(TOPIC, TYPE, record)


def test_a_record_goes_only_to_its_topics(codec: Codec) -> None:
    with pytest.raises(Unencodable):
        codec.encode("leads.lead", TYPE, RECORDED)


def test_bytes_that_are_no_record_say_why(codec: Codec) -> None:
    right = codec.encode(TOPIC, TYPE, RECORDED)
    foreign = codec.encode("leads.lead", "LeadScoreAdjusted", _adjusted())
    wrong = {
        "null value": None,
        "frame of 0 bytes": b"",
        "frame of 4 bytes": right[:4],
        "magic byte 123": b'{"event_id": 1}',
        "GUID": b"\x01" + bytes(16) + right[5:],
        "EOFError": right[:-1],
        "left over": right + b"x",
        "UnicodeDecodeError": right[:5] + b"\x04\xff\xfe" + right[6:],
        "is none of": foreign,
        "not Avro": right[:5] + b"\x80" * 40,
    }
    for cause, raw in wrong.items():
        with pytest.raises(Undecodable, match=cause):
            codec.decode(TOPIC, raw)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    codec = shared_codec()
    frame = codec.encode(TOPIC, TYPE, RECORDED)[:5]
    for raw in (noise, frame + noise):
        with suppress(Undecodable):
            codec.decode(TOPIC, raw)


def test_the_frame_may_stand_in_the_header(codec: Codec) -> None:
    raw = codec.encode(TOPIC, TYPE, RECORDED)
    assert codec.decode(TOPIC, raw[5:], raw[:5]) == (TYPE, RECORDED)
    with pytest.raises(Undecodable, match="GUID"):
        codec.decode(TOPIC, raw[5:], b"\x01" + uuid4().bytes)


def _adjusted() -> dict[str, Any]:
    record = next(r for r in Catalogue.load().topic("leads.lead").records if r.name == "LeadScoreAdjusted")
    return read_example(ROOT / "examples/leads/lead_score_adjusted.v1.json", record.newest)


# --- with a registry


@pytest.fixture
def client(registry: str) -> Iterator[Registry]:
    with Registry(registry) as client:
        register_schemas(Catalogue.load(), client)
        yield client


def contract(folder: Path, **fields: dict[str, Any]) -> Catalogue:
    """The contract with a second version of the recorded event, which has further fields."""
    shutil.copytree(ROOT, folder)
    file = folder / "engagement/engagement_recorded.v1.avsc"
    schema = json.loads(file.read_text())
    schema["fields"] += [{"name": name, "doc": "New.", **rest} for name, rest in fields.items()]
    file.with_name("engagement_recorded.v2.avsc").write_text(json.dumps(schema))
    return Catalogue.load(folder)


def test_old_and_new_versions_live_together(client: Registry, tmp_path: Path) -> None:
    new_contract = contract(tmp_path / "schemas", weight={"type": "int", "default": 7})
    register_schemas(new_contract, client)
    old, new = Codec.start(Catalogue.load(), client), Codec.start(new_contract, client)
    assert new.decode(TOPIC, old.encode(TOPIC, TYPE, RECORDED)) == (TYPE, {**RECORDED, "weight": 7})
    newer = new.encode(TOPIC, TYPE, {**RECORDED, "weight": 9})
    assert old.decode(TOPIC, newer) == (TYPE, RECORDED)


def test_a_schema_of_another_subject_is_refused(client: Registry) -> None:
    codec = Codec.start(Catalogue.load(), client)
    foreign = codec.encode("leads.lead", "LeadScoreAdjusted", _adjusted())
    with pytest.raises(Undecodable, match=r"belongs to leads\.lead-"):
        codec.decode(TOPIC, foreign)


def test_an_unknown_schema_is_waited_for_and_then_given_up(
    client: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    codec = Codec.start(Catalogue.load(), client)
    raw = struct.pack(">BI", 0, 900_000_000) + b"x"
    for _ in range(2):
        with pytest.raises(SchemaUnavailable, match="not in the registry yet"):
            codec.decode(TOPIC, raw)
    monkeypatch.setattr(avro, "PATIENCE_SECONDS", 0)
    with pytest.raises(Undecodable, match="not in the registry"):
        codec.decode(TOPIC, raw)


def test_warm_goes_on_without_the_registry_and_does_not_wait_for_it(client: Registry) -> None:
    ids = look_up_ids(Catalogue.load(), client)
    with Registry("http://127.0.0.1:9") as gone:
        codec = Codec(Catalogue.load(), ids, gone)
        assert codec.decode(TOPIC, codec.encode(TOPIC, TYPE, RECORDED)) == (TYPE, RECORDED)
        with pytest.raises(SchemaUnavailable):
            codec.decode(TOPIC, struct.pack(">BI", 0, 900_000_000))


def test_a_cold_start_without_the_registry_uses_the_ids_that_were_kept(
    client: Registry, tmp_path: Path
) -> None:
    kept = tmp_path / "ids.json"
    with Registry("http://127.0.0.1:9") as gone, pytest.raises(RegistryUnavailable):
        Codec.start(Catalogue.load(), gone, kept)
    warm = Codec.start(Catalogue.load(), client, kept)
    with Registry("http://127.0.0.1:9") as gone:
        cold = Codec.start(Catalogue.load(), gone, kept)
    assert cold.encode(TOPIC, TYPE, RECORDED) == warm.encode(TOPIC, TYPE, RECORDED)


def test_kept_ids_of_another_contract_are_not_believed(client: Registry, tmp_path: Path) -> None:
    Codec.start(Catalogue.load(), client, tmp_path / "ids.json")
    other = contract(tmp_path / "schemas", depth={"type": "int", "default": 0})
    with Registry("http://127.0.0.1:9") as gone, pytest.raises(RegistryUnavailable):
        Codec.start(other, gone, tmp_path / "ids.json")


def test_a_schema_that_was_never_registered_stops_the_start(client: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"engagement\.recorded"):
        Codec.start(contract(tmp_path / "schemas", height={"type": "int", "default": 0}), client)
