"""What a conversion costs the database."""

import time

import httpx
import pytest

from tests.services.leads.conversion.conftest import Partners, convert, qualified
from tests.services.statements import statements


@pytest.mark.parametrize("refuse", ["", "opportunity"])
def test_a_caller_is_woken_by_the_end_and_does_not_look_before(
    ana: httpx.Client, partners: Partners, monkeypatch: pytest.MonkeyPatch, refuse: str
) -> None:
    monkeypatch.setattr("chassis.http.transactions.LOOK_SECONDS", 60)
    monkeypatch.setattr("services.leads.api.conversions.PATIENCE", 60)
    lead, partners.refuse = qualified(ana), refuse
    began = time.monotonic()
    with partners.at_work(), statements() as sent:
        answer = convert(ana, lead)
    assert answer.status_code == (409 if refuse else 201)
    assert time.monotonic() - began < 30
    looks = [one for one in sent if "FROM conversions" in one and "FOR UPDATE" not in one]
    assert len(looks) <= 3, "is the command known, what was before the first caller heard, how it ended"
