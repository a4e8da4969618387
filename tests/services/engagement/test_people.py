"""Who is this person? Events wait for their lead, join it once, and never cross to another (F69, F73)."""

import random
from threading import Thread

import pytest

from chassis.clock import millis
from chassis.ids import derived_id
from services.engagement.write_keys import hash_of
from tests.services.engagement.conftest import ACME, GLOBEX, NOON, House, identify, track

ANA = "ana@acme.example"


def test_an_event_of_a_known_lead_is_told_under_the_leads_key(house: House) -> None:
    lead = house.lead("ana", ANA)
    house.receive(track("1", userId="u1", context={"traits": {"email": "Ana@ACME.example "}}))
    [event] = house.told()
    assert (event["lead_id"], event["kind"], event["tenant_id"]) == (str(lead), "email_opened", str(ACME))
    assert house.rows("SELECT key FROM outbox WHERE topic = 'engagement.recorded'") == [
        (f"{ACME}:{lead}".encode(),)
    ]


def test_events_before_the_lead_wait_and_join_it_in_the_order_in_which_they_happened(house: House) -> None:
    house.receive(
        track("late", "Demo Requested", anonymousId="a", timestamp="2026-03-02T10:00:00Z"),
        track("early", "Content Downloaded", anonymousId="a", timestamp="2026-03-01T10:00:00Z"),
        identify("me", ANA, anonymousId="a", userId="u"),
    )
    assert house.told() == []
    lead = house.lead("ana", ANA)
    assert [(e["kind"], e["lead_id"]) for e in house.told()] == [
        ("content_downloaded", str(lead)),
        ("demo_requested", str(lead)),
    ]


def test_an_identify_after_the_lead_brings_what_the_browser_did_before(house: House) -> None:
    house.receive(track("1", "Demo Requested", anonymousId="a"))
    house.lead("ana", ANA)
    assert house.told() == []
    house.receive(identify("2", ANA, anonymousId="a"))
    assert [e["kind"] for e in house.told()] == ["demo_requested"]


def test_an_alias_links_the_former_id(house: House) -> None:
    house.lead("ana", ANA)
    house.receive(track("1", "Demo Requested", anonymousId="old"), identify("2", ANA, userId="new"))
    house.receive({"type": "alias", "messageId": "3", "previousId": "old", "userId": "new"})
    assert [e["kind"] for e in house.told()] == ["demo_requested"]


def test_a_message_counts_once_however_often_and_with_whom_it_comes(house: House) -> None:
    house.lead("ana", ANA)
    event = track("same", userId=ANA)
    house.receive(event, event, track("other", userId=ANA))
    house.receive(event)
    assert len(house.told()) == 2
    assert len({e["event_id"] for e in house.told()}) == 2


def test_a_resent_event_that_waited_does_not_join_twice(house: House) -> None:
    house.receive(track("1", userId=ANA))
    house.lead("ana", ANA)
    house.receive(track("1", userId=ANA))
    house.lead("ana", ANA)
    assert len(house.told()) == 1


def test_of_several_leads_with_one_address_the_oldest_open_one_gets_the_events(house: House) -> None:
    young = house.lead("young", ANA)
    old = house.lead("old", ANA, age=1000)
    house.receive(track("1", userId=ANA))
    house.moved("old", "unqualified")
    house.receive(track("2", userId=ANA))
    house.moved("old", "new")
    house.moved("young", "converted")
    house.receive(track("3", userId=ANA))
    assert [e["lead_id"] for e in house.told()] == [str(old), str(young), str(old)]


def test_a_person_keeps_the_open_lead_that_they_have_by_another_address(house: House) -> None:
    lead = house.lead("ana", ANA)
    house.receive(identify("1", ANA, userId="u"), identify("2", "private@ana.example", userId="u"))
    house.lead("second", "private@ana.example")
    house.receive(track("3", userId="u"))
    assert [e["lead_id"] for e in house.told()] == [str(lead)]


def test_an_address_that_a_lead_gave_up_can_be_another_leads(house: House) -> None:
    house.lead("ana", ANA)
    house.lead("ana", "married@acme.example")
    heir = house.lead("heir", ANA)
    house.receive(track("1", userId=ANA))
    assert [e["lead_id"] for e in house.told()] == [str(heir)]


def test_the_events_of_a_lead_that_is_closed_and_alone_go_on_to_it(house: House) -> None:
    lead = house.lead("ana", ANA)
    house.moved("ana", "converted")
    house.receive(track("1", userId=ANA))
    assert [e["lead_id"] for e in house.told()] == [str(lead)]


def test_an_anonymous_id_keeps_the_first_lead_that_it_was_linked_to(house: House) -> None:
    ana, bob = house.lead("ana", ANA), house.lead("bob", "bob@acme.example")
    house.receive(identify("1", ANA, anonymousId="shared", userId="u-ana"))
    house.receive(identify("2", "bob@acme.example", anonymousId="shared", userId="u-bob"))
    house.receive(track("3", anonymousId="shared"))
    house.receive(track("4", userId="u-bob", anonymousId="shared"))
    assert [e["lead_id"] for e in house.told()] == [str(ana), str(bob)]


def test_two_users_of_one_browser_stay_two_people_before_they_are_leads(house: House) -> None:
    house.receive(track("1", anonymousId="shared", userId="u-ana"))
    house.receive(track("2", anonymousId="shared", userId="u-bob"))
    house.receive(identify("3", ANA, userId="u-ana"))
    ana = house.lead("ana", ANA)
    assert [(e["lead_id"]) for e in house.told()] == [str(ana)]


def test_ids_of_different_sources_never_meet(house: House) -> None:
    house.lead("ana", ANA)
    house.receive(identify("1", ANA, userId="7"))
    house.receive(track("2", userId="7"), source=derived_id("source", "shop"))
    assert house.told() == []


def test_identify_and_group_are_kept_but_are_no_engagement(house: House) -> None:
    house.lead("ana", ANA)
    house.receive(identify("1", ANA, userId="u"), {"type": "group", "messageId": "2", "userId": "u"})
    assert house.told() == []
    assert house.rows("SELECT count(*) FROM events") == [(2,)]


def test_the_recorded_event_says_nothing_personal(house: House) -> None:
    house.lead("ana", ANA)
    page = {"type": "page", "messageId": "1", "userId": ANA, "properties": {"path": f"/u/{ANA}"}}
    house.receive(page, track("2", f"Invited {ANA}", userId=ANA))
    rows = house.rows("SELECT key, value, headers FROM outbox WHERE topic = 'engagement.recorded'")
    assert len(rows) == 2
    assert b"ana" not in b"".join(bytes(part) for row in rows for part in row)


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_every_event_reaches_the_lead_exactly_once(house: House, seed: int) -> None:
    """Events, identify and lead in any order and chunking, some of them twice."""
    steps = [track(str(n), anonymousId=f"a{n % 3}") for n in range(9)]
    steps += [identify(f"i{n}", ANA, anonymousId=f"a{n}", userId="u") for n in range(3)]
    picks = random.Random(seed)
    sequence: list[object] = [*steps, *picks.sample(steps, 5), "lead"]
    picks.shuffle(sequence)
    while sequence:
        size = picks.randint(1, 4)
        chunk, sequence = sequence[:size], sequence[size:]
        house.receive(*[step for step in chunk if step != "lead"]) if chunk != ["lead"] else None
        if "lead" in chunk:
            house.lead("ana", ANA)
    told = house.told()
    assert len(told) == 9
    assert len({event["event_id"] for event in told}) == 9
    assert house.rows("SELECT count(*) FROM events WHERE lead_id IS NULL") == [(0,)]


def test_events_and_leads_that_come_at_the_same_moment_miss_nobody(house: House) -> None:
    """Both ways in lock the person first."""
    people = [f"p{n}@acme.example" for n in range(20)]

    def events(part: int) -> None:
        for email in people:
            house.receive(*[track(f"{part}-{email}-{n}", userId=email) for n in range(3)])

    def leads() -> None:
        for email in people:
            house.lead(email, email)

    threads = [Thread(target=events, args=(part,)) for part in range(3)] + [Thread(target=leads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(house.told()) == 20 * 9
    assert house.rows("SELECT count(*) FROM events WHERE lead_id IS NULL") == [(0,)]


def test_twin_tenants_with_the_same_people_do_not_see_each_other(house: House) -> None:
    house.lead("ana", ANA)
    house.receive(track("1", userId=ANA))
    house.receive(track("1", userId=ANA), tenant=GLOBEX)
    assert len(house.told()) == 1
    assert house.told(tenant=GLOBEX) == []
    assert house.rows("SELECT tenant_id FROM events", GLOBEX) == [(GLOBEX,)]


TABLES = ("sources", "write_keys", "people", "identifiers", "lead_emails", "events", "rejected_events")


@pytest.mark.parametrize("table", TABLES)
def test_without_a_tenant_no_table_shows_a_row(house: House, table: str) -> None:
    house.lead("ana", ANA)
    house.receive(track("1", userId=ANA), track("2"))
    query = f"SELECT count(*) FROM {table}"  # noqa: S608
    assert house.rows(query, GLOBEX) == [(0,)]
    [(enabled, forced)] = house.rows(
        f"SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = '{table}'::regclass"  # noqa: S608
    )
    assert enabled
    assert forced


def test_a_rejected_event_is_kept_once_with_its_reason_and_told_without_content(house: House) -> None:
    bad = track("1", userId="u", timestamp="2026-03-09T00:00:00Z", properties={"email": ANA})
    house.receive(bad)
    house.receive(bad)
    [(reason, field, raw)] = house.rows("SELECT reason, field, raw FROM rejected_events")
    assert (reason, field) == ("lies more than 24 hours in the future", "/timestamp")
    assert ANA.encode() in bytes(raw)
    [fact] = house.told("engagement.rejected")
    assert fact["field"] == "/timestamp"
    assert fact["occurred_at"] == millis(NOON)


def test_no_key_is_found_by_the_wrong_hash(house: House) -> None:
    query = f"SELECT * FROM source_of_key('\\x{hash_of('sk_x').hex()}')"  # noqa: S608
    assert house.rows(query) == []
