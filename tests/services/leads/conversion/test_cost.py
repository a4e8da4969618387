"""What a conversion costs the database."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.db import UnitOfWork
from services.leads import commands
from services.leads.conversion import Command
from tests.services.leads.conftest import House
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


def test_every_step_of_a_conversion_takes_few_statements(ana: httpx.Client, house: House) -> None:
    """Lock, conversion, settings where they count, both rows, the key where it begins, and the events."""

    def cost(step: Callable[[UnitOfWork], Any]) -> int:
        with statements() as sent:
            house.run(step)
        return len(sent)

    lead = UUID(qualified(ana)["id"])
    begun = cost(lambda uow: commands.convert_lead(uow, house.vault, lead, Command(), "first"))
    [asked] = [record for name, record, _ in house.published() if name == "ConversionStarted"]
    answer = {**asked, "account_name": "ACME", "owner_id": None, "contact_created": True}
    carried_on = cost(lambda uow: commands.account_ready(uow, answer))
    ended = cost(lambda uow: commands.opportunity_ready(uow, answer))
    assert max(begun, ended) <= 7
    assert carried_on <= 5
