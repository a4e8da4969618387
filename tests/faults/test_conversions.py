"""Kill any of the three services at any step of a conversion: it ends whole or leaves nothing (F48)."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest

from cli.api import Api, ApiError, Json
from tests.faults.havoc import HEALED, KILLS, havoc
from tests.faults.log import read_all
from tests.world import World, eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3_600)]

VICTIMS = ("kill leads-api", "kill leads-work", "kill accounts", "kill opportunities")
NOBODY = str(uuid.UUID(int=1))
OVER = ("done", "failed")


@dataclass
class Case:
    """A lead, how it is to be converted, and what must come of it."""

    lead: str
    command: Json
    whole: bool
    """Whether it can succeed; else a service refuses and the others take back what they did."""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


def cases(world: World, ana: Api, account: str) -> Iterator[Case]:
    """Leads without end: new companies, a lead of a customer, refusals at the first and the second step."""
    commands: list[tuple[Json, bool]] = [
        ({}, True),
        ({"account_id": account}, True),
        ({"create_opportunity": False}, True),
        ({"opportunity_id": NOBODY}, False),
        ({"account_id": account, "contact_id": NOBODY}, False),
    ]
    for number, (command, whole) in enumerate(cycle(commands)):
        lead = world.lead(ana, company=f"Initech {number}")["id"]
        ana.post(f"/api/leads/{lead}/status", {"status": "qualified"}, key=f"{lead}-qualify")
        yield Case(lead, command, whole)


def convert(ana: Api, case: Case) -> tuple[int, Json]:
    """Status and answer; 0 where none answered."""
    try:
        answer = ana.post(f"/api/leads/{case.lead}/convert", case.command, case.key)
    except ApiError as refused:
        return refused.status, {}
    return 200, answer


def test_a_conversion_never_half_creates_whoever_is_killed(world: World) -> None:
    with world.user("ana") as ana, world.user("ada") as ada:
        ana.patience = HEALED
        account = ada.post("/api/accounts", {"name": "Hooli"})["id"]
        played: list[Case] = []
        answered = threading.Event()
        with havoc(world.system, *VICTIMS, went_on=answered) as befell:
            for case in cases(world, ana, account):
                played.append(case)
                assert convert(ana, case)[0] != 409 or not case.whole
                answered.set()
                if befell.enough and len(played) >= KILLS:
                    break
        over = [(case, ended(ana, case)) for case in played]
        log = eventually(lambda: Log(world), lambda log: log.tells_of_all(over), HEALED)
        for case, conversion in over:
            judge(ana, ada, case, conversion, log)


class Log:
    """What the three services have said, told by the topics alone; an event that came twice counts once."""

    def __init__(self, world: World) -> None:
        where = world.system.kafka.bootstrap, world.system.registry.url
        topics = ("leads.lead", "accounts.account", "opportunities.opportunity")
        said = [event for topic in topics for event in read_all(*where, topic)]
        once = {(name, record["event_id"]): record for name, record in said}
        self.count = Counter((name, record.get("conversion_id")) for (name, _), record in once.items())

    def of(self, conversion: str, name: str) -> int:
        """How many different events of a name a conversion has."""
        return self.count[name, conversion]

    def tells_of_all(self, over: list[tuple[Case, Json]]) -> bool:
        """Whether the last word of every conversion has come: what was stored is told a little later."""
        return all(
            self.of(conversion["conversion_id"], "LeadConverted") >= case.whole for case, conversion in over
        )


def ended(ana: Api, case: Case) -> Json:
    """A conversion once it is over."""

    def look() -> Json:
        status, row = convert(ana, case)
        if status != 409:
            return row or {"state": status}
        [failed] = ana.items("/api/leads/conversions", lead_id=case.lead)
        return failed

    return eventually(look, lambda row: row["state"] in OVER, HEALED)


def judge(ana: Api, ada: Api, case: Case, conversion: Json, log: Log) -> None:
    """Whole or nothing, and never twice."""
    id, lead = conversion["conversion_id"], ana.get(f"/api/leads/{case.lead}")
    assert conversion["state"] == ("done" if case.whole else "failed")
    assert log.of(id, "ConversionStarted") == 1
    assert log.of(id, "LeadConverted") == case.whole
    assert log.of(id, "AccountOpened") <= 1
    assert log.of(id, "OpportunityOpened") == (case.whole and conversion["opportunity_id"] is not None)
    if not case.whole:
        assert (lead["status"], lead["conversion_id"]) == ("qualified", None)
        eventually(lambda: left_open(ada, conversion, case), lambda left: not left, HEALED)
        return
    assert (lead["status"], lead["converted_to_account"]) == ("converted", conversion["account_id"])
    assert ada.get(f"/api/accounts/{conversion['account_id']}")["closed_at"] is None
    contacts = [one["id"] for one in ada.items(f"/api/accounts/{conversion['account_id']}/contacts")]
    assert contacts.count(conversion["contact_id"]) == 1
    if conversion["opportunity_id"]:
        deal = ada.get(f"/api/opportunities/{conversion['opportunity_id']}")
        assert deal["account_id"] == conversion["account_id"]


def left_open(ada: Api, conversion: Json, case: Case) -> list[Any]:
    """What a conversion that failed has left behind: nothing but what was there before."""
    if "account_id" in case.command:
        return []
    try:
        account = ada.get(f"/api/accounts/{conversion['account_id']}")
    except ApiError:
        return []
    contacts = list(ada.items(f"/api/accounts/{account['id']}/contacts"))
    return [*contacts, *([account] if account["closed_at"] is None else [])]
