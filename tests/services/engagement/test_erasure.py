"""A person is erased (F109): their events stay, empty, and who comes again is somebody new."""

from uuid import UUID

import pytest

from tests.services.engagement.conftest import ACME, House, identify, track

ANA, BEN = "ana@acme.example", "ben@acme.example"


def erase(house: House, lead: UUID, email: str | None = ANA) -> None:
    """Leads tells that the person is erased; twice, as it may."""
    hash = house.vault.email_hash(ACME, email) if email else None
    for _ in range(2):
        house.hear("leads.lead", "LeadErased", lead_id=str(lead), email_hash=hash, version=9)


def payloads(house: House) -> list[str]:
    """What senders said, by message."""
    return [text for (text,) in house.rows("SELECT payload FROM events ORDER BY message_id")]


def test_events_stay_without_payload_and_others_keep_theirs(house: House) -> None:
    lead, other = house.lead("ana", ANA), house.lead("ben", BEN)
    house.receive(track("1", userId="u1", context={"traits": {"email": ANA, "name": "Ana"}}))
    house.receive(track("2", userId="u2", context={"traits": {"email": BEN}}))
    erase(house, lead)
    mine, bens = payloads(house)
    assert mine == "{}"
    assert BEN in bens
    rows = house.rows("SELECT lead_id, kind FROM events ORDER BY message_id")
    assert rows == [(lead, "email_opened"), (other, "email_opened")]


def test_what_waited_under_the_address_goes_too(house: House) -> None:
    lead = house.lead("ana", BEN)
    house.receive(identify("1", ANA, anonymousId="a"), track("2", anonymousId="a"))
    erase(house, lead)
    assert payloads(house) == ["{}", "{}"]


@pytest.mark.parametrize("fields", [{"userId": "u1"}, {"anonymousId": "a"}, {"userId": ANA}])
def test_who_comes_again_is_a_stranger(house: House, fields: dict[str, str]) -> None:
    lead = house.lead("ana", ANA)
    house.receive(identify("1", ANA, userId="u1", anonymousId="a"), track("2", **fields))
    erase(house, lead)
    told = len(house.told())
    house.receive(track("3", **fields))
    assert len(house.told()) == told
    [(found,)] = house.rows("SELECT lead_id FROM events WHERE message_id = '3'")
    assert found is None


def test_a_new_lead_of_the_same_address_gets_the_events_from_then_on(house: House) -> None:
    erase(house, house.lead("old", ANA, age=1000))
    new = house.lead("new", ANA)
    house.receive(track("1", userId=ANA))
    assert house.rows("SELECT lead_id FROM events") == [(new,)]


def test_a_rejected_event_with_the_address_is_emptied(house: House) -> None:
    lead = house.lead("ana", ANA)
    for name, email in (("1", ANA.upper()), ("2", BEN)):
        house.receive(track(name, userId="u", timestamp="no time", properties={"email": email}))
    erase(house, lead)
    rows = house.rows("SELECT raw = '', cut, reason FROM rejected_events ORDER BY raw")
    assert rows == [(True, True, rows[0][2]), (False, False, rows[0][2])]


def test_a_lead_without_an_address_is_forgotten_by_its_id(house: House) -> None:
    lead = house.lead("ana", ANA)
    house.receive(track("1", userId=ANA))
    erase(house, lead, None)
    assert payloads(house) == ["{}"]
