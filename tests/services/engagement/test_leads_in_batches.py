"""Leads as an import tells them, many at once: whose address is whose, and what waited joins them (F73)."""

from typing import Any
from uuid import UUID

import pytest

from chassis.consumer import RawRecord
from chassis.ids import derived_id, new_id
from tests.services.engagement.conftest import ACME, House, identify, track
from tests.services.feed import Feed
from tests.services.statements import statements

ANA, BEN = derived_id("test-lead", "ana"), derived_id("test-lead", "ben")
OFFICE, HOME = "ana@acme.example", "ana@home.example"


@pytest.fixture
def feed(house: House) -> Feed:
    return Feed(house)


def lead(house: House, feed: Feed, id: UUID, version: int, email: str, **fields: Any) -> RawRecord:
    """A lead has this address from this version on."""
    type = "LeadCreated" if version == 1 else "LeadChanged"
    return feed.lead(type, id, version, email_hash=house.vault.email_hash(ACME, email), **fields)


def known(house: House) -> list[tuple[UUID, int, str]]:
    """Leads and their addresses as engagement knows them."""
    return house.rows("SELECT lead_id, version, email_hash FROM lead_emails ORDER BY lead_id")


def joined(house: House) -> dict[str, UUID | None]:
    """The lead of each message."""
    return dict(house.rows("SELECT message_id, lead_id FROM events ORDER BY message_id"))


def test_what_many_people_did_before_joins_their_leads_of_one_batch(house: House, feed: Feed) -> None:
    house.receive(track("late", "Demo Requested", userId=OFFICE, timestamp="2026-03-02T10:00:00Z"))
    house.receive(track("early", "Demo Requested", userId=OFFICE, timestamp="2026-03-01T10:00:00Z"))
    house.receive(track("ben's", "Demo Requested", userId="ben@acme.example"))
    batch = [lead(house, feed, ANA, 1, OFFICE), lead(house, feed, BEN, 1, "ben@acme.example")]
    feed.take(*batch)
    assert joined(house) == {"late": ANA, "early": ANA, "ben's": BEN}
    told = [event["occurred_at"] for event in house.told() if event["lead_id"] == str(ANA)]
    assert told == sorted(told), "in the order in which it happened"
    assert len(house.told()) == 3


def test_a_batch_that_is_told_again_changes_nothing_and_tells_nothing_again(house: House, feed: Feed) -> None:
    house.receive(track("1", userId=OFFICE))
    batch = [lead(house, feed, ANA, 1, OFFICE), lead(house, feed, BEN, 1, "ben@acme.example")]
    feed.take(*batch)
    before = known(house), house.told()
    feed.take(*batch, *batch)
    assert (known(house), house.told()) == before
    assert len(before[1]) == 1


def test_of_two_versions_of_a_lead_in_one_batch_the_newer_one_is_known(house: House, feed: Feed) -> None:
    newest = lead(house, feed, ANA, 4, HOME)
    feed.take(lead(house, feed, ANA, 3, OFFICE), newest, lead(house, feed, ANA, 2, "old@acme.example"))
    feed.take(lead(house, feed, ANA, 1, OFFICE))
    assert known(house) == [(ANA, 4, house.vault.email_hash(ACME, HOME))]


def test_who_had_two_addresses_within_a_batch_gets_what_waited_under_both(house: House, feed: Feed) -> None:
    house.receive(track("office", userId=OFFICE), track("home", userId=HOME))
    feed.take(lead(house, feed, ANA, 2, OFFICE), lead(house, feed, ANA, 3, HOME))
    assert joined(house) == {"office": ANA, "home": ANA}


def test_who_is_two_leads_of_one_batch_stays_one_of_them_whichever_is_told_of_next(
    house: House, feed: Feed
) -> None:
    house.receive(identify("1", OFFICE, userId="u"), identify("2", HOME, userId="u"))
    feed.take(lead(house, feed, ANA, 1, OFFICE), lead(house, feed, BEN, 1, HOME))
    for version, message in enumerate(("3", "4"), 2):
        for id, email in ((ANA, OFFICE), (BEN, HOME)):
            feed.take(lead(house, feed, id, version, email))
            house.receive(track(f"{message}-{email}", userId="u"))
    assert len(joined(house)) == 6
    assert set(joined(house).values()) in ({ANA}, {BEN})


def test_of_the_leads_of_one_batch_with_one_address_the_oldest_open_one_gets_the_events(
    house: House, feed: Feed
) -> None:
    house.receive(track("1", userId=OFFICE))
    closed = lead(house, feed, new_id(), 1, OFFICE, created_at=1_000, status="unqualified")
    young = lead(house, feed, BEN, 1, OFFICE, created_at=3_000)
    feed.take(closed, young, lead(house, feed, ANA, 1, OFFICE, created_at=2_000))
    assert joined(house) == {"1": ANA}


def test_what_a_lead_goes_through_within_a_batch_keeps_its_order(house: House, feed: Feed) -> None:
    feed.take(
        lead(house, feed, ANA, 1, OFFICE),
        feed.lead("LeadStatusChanged", ANA, 2, status="unqualified"),
        lead(house, feed, BEN, 1, OFFICE),
        feed.lead("LeadConverted", BEN, 2, account_id=str(UUID(int=7))),
        lead(house, feed, ANA, 3, HOME, status="unqualified"),
    )
    rows = house.rows("SELECT lead_id, version, open, account_id FROM lead_emails")
    assert sorted(rows) == sorted([(ANA, 3, False, None), (BEN, 2, True, UUID(int=7))])


def test_one_lead_that_makes_no_sense_is_put_aside_and_the_others_of_its_batch_are_known(
    house: House, feed: Feed
) -> None:
    feed.take(
        lead(house, feed, ANA, 1, OFFICE),
        feed.event("leads.lead", "LeadCreated", new_id(), lead_id="no id"),
        lead(house, feed, BEN, 1, HOME),
    )
    assert {known_lead for known_lead, *_ in known(house)} == {ANA, BEN}
    assert feed.letters == ["failed"]


def test_many_leads_cost_no_more_statements_than_one(house: House, feed: Feed) -> None:
    costs = []
    for number in (1, 100):
        batch = [lead(house, feed, id, 1, f"{id}@acme.example") for id in (new_id() for _ in range(number))]
        with statements() as sent:
            feed.take(*batch)
        costs.append(len(sent))
    assert costs[0] == costs[1], sent
