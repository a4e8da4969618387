"""Leads as an import tells them, many at once: known as they are now, and their owners told once (F45)."""

from uuid import UUID

import pytest

from chassis.consumer import RawRecord
from chassis.ids import derived_id, new_id
from tests.services.feed import Feed
from tests.services.notifications.conftest import House
from tests.services.notifications.test_alerts import inbox
from tests.services.statements import statements

JANE, HANA = derived_id("test-lead", "Jane"), derived_id("test-lead", "Hana")


@pytest.fixture
def feed(house: House) -> Feed:
    return Feed(house)


def known(house: House) -> list[tuple[UUID, int, str]]:
    """Leads as notifications knows them."""
    return house.rows("SELECT id, version, status FROM leads ORDER BY version")


def imported(feed: Feed, number: int, owner: UUID) -> list[RawRecord]:
    """As many new leads, each with its owner."""
    told = []
    for lead in (new_id() for _ in range(number)):
        told.append(feed.lead("LeadCreated", lead, 1))
        told.append(feed.lead("LeadAssigned", lead, 2, owner_id=str(owner), actor="system:import"))
    return told


def test_of_two_versions_of_a_lead_in_one_batch_the_newer_one_is_known(house: House, feed: Feed) -> None:
    feed.take(
        feed.lead("LeadChanged", JANE, 2, status="new", territory="dach"),
        feed.lead("LeadChanged", HANA, 4, status="contacted"),
        feed.lead("LeadChanged", JANE, 3, status="new", territory="nordics"),
    )
    assert known(house) == [(JANE, 3, "new"), (HANA, 4, "contacted")]
    assert house.rows("SELECT territory FROM leads WHERE version = 3") == [("nordics",)]


def test_an_older_version_never_comes_over_a_newer_one_in_its_batch_or_in_a_later_one(
    house: House, feed: Feed
) -> None:
    feed.take(feed.lead("LeadChanged", JANE, 5, status="qualified"), feed.lead("LeadChanged", JANE, 4))
    feed.take(feed.lead("LeadChanged", JANE, 3), feed.lead("LeadCreated", JANE, 1))
    assert known(house) == [(JANE, 5, "qualified")]


def test_what_a_lead_goes_through_within_a_batch_keeps_its_order(house: House, feed: Feed) -> None:
    feed.take(
        feed.lead("LeadCreated", JANE, 1),
        feed.lead("LeadStatusChanged", JANE, 2, status="contacted"),
        feed.lead("LeadCreated", HANA, 1, status="new"),
        feed.lead("LeadChanged", JANE, 3, status="contacted"),
        feed.lead("LeadStatusChanged", JANE, 4, status="qualified"),
    )
    assert known(house) == [(HANA, 1, "new"), (JANE, 4, "qualified")]


def test_a_batch_that_is_told_again_changes_nothing_and_tells_nobody_again(house: House, feed: Feed) -> None:
    ana = house.person("ana", "rep")
    batch = imported(feed, 3, ana)
    feed.take(*batch)
    before = known(house), [item.id for item in inbox(house, ana)]
    feed.take(*batch, *batch)
    assert (known(house), [item.id for item in inbox(house, ana)]) == before
    assert len(before[1]) == 3


def test_every_new_owner_of_a_batch_is_told_of_their_own_leads(house: House, feed: Feed) -> None:
    ana, ben = house.person("ana", "rep"), house.person("ben", "rep")
    given = {"actor": "system:import", "reason": "Territory DACH."}
    feed.take(
        feed.lead("LeadAssigned", JANE, 2, owner_id=str(ana), **given),
        feed.lead("LeadAssigned", HANA, 2, owner_id=str(ben), **given),
        feed.lead("LeadAssigned", JANE, 3, owner_id=str(ben), **{**given, "reason": "Ana is away."}),
        feed.lead("LeadAssigned", HANA, 3, owner_id=None, **given),
    )
    assert [item.alert.summary for item in inbox(house, ana)] == ["assigned: Territory DACH."]
    told = {item.alert.summary for item in inbox(house, ben)}
    assert told == {"assigned: Territory DACH.", "assigned: Ana is away."}


def test_customers_who_are_won_in_one_batch_are_greeted_once_each(house: House, feed: Feed) -> None:
    batch = [feed.lead("LeadConverted", lead, 5, conversion_id=str(new_id())) for lead in (JANE, HANA)]
    plain = feed.lead("LeadConverted", new_id(), 5, follow_ons=[])
    feed.take(*batch, plain)
    feed.take(*batch)
    greeted = house.rows("SELECT recipient_id FROM messages WHERE kind = 'welcome'")
    assert sorted(greeted) == sorted([(JANE,), (HANA,)])


def test_the_last_word_of_a_lead_about_e_mails_is_kept_of_many_in_a_batch(house: House, feed: Feed) -> None:
    said = [("email", "granted"), ("email", "withdrawn"), ("phone", "granted")]
    feed.take(
        *(
            feed.lead("LeadConsentChanged", JANE, version, channel=channel, state=state)
            for version, (channel, state) in enumerate(said, 2)
        )
    )
    assert house.rows("SELECT lead_id, version, state FROM email_consents") == [(JANE, 3, "withdrawn")]


def test_one_lead_that_makes_no_sense_is_put_aside_and_the_others_of_its_batch_are_known(
    house: House, feed: Feed
) -> None:
    feed.take(
        feed.lead("LeadCreated", JANE, 1),
        feed.event("leads.lead", "LeadCreated", new_id(), lead_id="no id"),
        feed.lead("LeadCreated", HANA, 2),
    )
    assert [lead for lead, *_ in known(house)] == [JANE, HANA]
    assert feed.letters == ["failed"]


def test_many_leads_cost_no_more_statements_than_one(house: House, feed: Feed) -> None:
    ana = house.person("ana", "rep")
    costs = []
    for number in (1, 100):
        batch = imported(feed, number, ana)
        with statements() as sent:
            feed.take(*batch)
        costs.append(len(sent))
    assert costs[0] == costs[1], sent
