"""A record becomes an event only when its bytes, its headers and its tenant are beyond doubt."""

from typing import Any

import pytest

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.consumer.records import Decoder, Event, RawRecord, Refusal
from chassis.ids import NOBODY, tenant_id
from chassis.testing import packaged_codec

ACME, ZENITH = tenant_id("acme"), tenant_id("zenith")
LEAD = "0191d2a0-0000-7000-8000-000000000001"
TOPIC, KEYS = "leads.lead", "leads.subject-key"


@pytest.fixture(scope="module")
def codec() -> Codec:
    """Without a registry."""
    return packaged_codec()


@pytest.fixture
def good(codec: Codec) -> RawRecord:
    """A record as it should be."""
    fields: dict[str, Any] = {
        "event_id": LEAD, "tenant_id": str(ACME), "lead_id": LEAD, "version": 1, "occurred_at": 7,
        "actor": "system:test", "status": "new", "previous": "new", "pinned": False,
        "seconds_in_previous": 0, "score": 1,
    }  # fmt: skip
    value = codec.encode(TOPIC, "LeadStatusChanged", fields)
    headers = [("ce_id", LEAD.encode()), ("tenantid", str(ACME).encode())]
    return RawRecord(TOPIC, 3, 42, f"{ACME}:{LEAD}".encode(), value, headers, 7)


def decoded(codec: Codec, raw: RawRecord) -> Event | Refusal:
    """What a consumer of leads makes of it."""
    return Decoder(codec, Catalogue.load(), "test").decode(raw)


def test_a_sound_record_is_an_event_of_its_tenant(codec: Codec, good: RawRecord) -> None:
    event = decoded(codec, good)
    assert isinstance(event, Event)
    assert (event.type, event.tenant, event.id, event.occurred_at) == ("LeadStatusChanged", ACME, LEAD, 7)
    assert (event.topic, event.partition, event.offset) == (TOPIC, 3, 42)


def test_a_record_without_a_tenant_header_is_sound(codec: Codec, good: RawRecord) -> None:
    """Hot outputs of processors carry only what CloudEvents requires."""
    assert isinstance(decoded(codec, good._replace(headers=good.headers[:1])), Event)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"value": b""}, "undecodable"),
        ({"value": b"{}"}, "undecodable"),
        ({"value": b"\x00\x00\x00\xff\xff1234"}, "undecodable"),
        ({"value": None}, "undecodable"),
        ({"headers": []}, "headers"),
        ({"headers": [("ce_id", b"\xff")]}, "headers"),
        ({"headers": [("ce_id", b"1"), ("ce_id", b"2")]}, "headers"),
        ({"headers": [("ce_id", b"1"), ("x", b"y" * 100_000)]}, "headers"),
    ],
)
def test_what_cannot_be_read_parks_its_key(
    codec: Codec, good: RawRecord, changed: dict[str, Any], cause: str
) -> None:
    refusal = decoded(codec, good._replace(**changed))
    assert isinstance(refusal, Refusal)
    assert (refusal.cause, refusal.tenant, refusal.parks) == (cause, ACME, True)


@pytest.mark.parametrize(
    "changed",
    [{"key": f"{ZENITH}:{LEAD}".encode()}, {"key": None}, {"headers": [("ce_id", b"1"), ("tenantid", b"x")]}],
)
def test_a_doubtful_tenant_parks_nobodys_key(codec: Codec, good: RawRecord, changed: dict[str, Any]) -> None:
    refusal = decoded(codec, good._replace(**changed))
    assert isinstance(refusal, Refusal)
    assert (refusal.cause, refusal.tenant, refusal.parks) == ("tenant", NOBODY, False)


def test_a_tombstone_on_a_compacted_topic_is_an_event_without_fields(codec: Codec, good: RawRecord) -> None:
    event = decoded(codec, good._replace(topic=KEYS, value=None))
    assert isinstance(event, Event)
    assert (event.type, event.tombstone, event.record, event.tenant) == ("SubjectKey", True, {}, ACME)


def test_a_tombstone_of_another_tenant_is_refused(codec: Codec, good: RawRecord) -> None:
    refusal = decoded(codec, good._replace(topic=KEYS, value=None, key=f"{ZENITH}:{LEAD}".encode()))
    assert isinstance(refusal, Refusal)
    assert refusal.cause == "tenant"


def test_an_event_keeps_its_raw_form(codec: Codec, good: RawRecord) -> None:
    assert decoded(codec, good).raw == good
