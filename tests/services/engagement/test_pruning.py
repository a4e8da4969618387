"""Raw payloads go when they are old; the event itself, and that it was there once, stay."""

from datetime import UTC, datetime, timedelta

from services.engagement.pruning import forget_payloads
from tests.services.engagement.conftest import ACME, GLOBEX, House, track

QUESTION = "SELECT message_id, payload = '{}' FROM events ORDER BY message_id"


def test_payloads_older_than_the_setting_are_emptied_and_their_events_stay_known(house: House) -> None:
    age = timedelta(days=40)
    house.clock.advance(datetime.now(UTC) - age - house.clock.now())
    for tenant in (ACME, GLOBEX):
        house.receive(track("old", userId="u"), tenant=tenant)
    house.clock.advance(age)
    house.receive(track("new", userId="u"))
    assert forget_payloads(house.database, 30) == 2
    assert forget_payloads(house.database, 30) == 0
    assert house.rows(QUESTION) == [("new", False), ("old", True)]
    assert house.rows(QUESTION, GLOBEX) == [("old", True)]
    house.receive(track("old", userId="u"))
    assert house.rows(QUESTION) == [("new", False), ("old", True)]
