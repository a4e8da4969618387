"""What a conversion takes: a lead, the command, and the other two services."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from services.leads import commands
from tests.services.leads.conftest import House

Json = dict[str, Any]
HOT = {
    "company": "ACME", "first_name": "Jo", "email": "jo@acme.example", "phone": "+4930901820",
    "industry": "technology", "company_size": "enterprise", "region": "Wien",
}  # fmt: skip


def qualified(ana: httpx.Client, **fields: Any) -> Json:
    """A lead that a rep has qualified."""
    lead: Json = ana.post("/api/leads", json={**HOT, **fields}).raise_for_status().json()
    ana.post(f"/api/leads/{lead['id']}/status", json={"status": "qualified"}).raise_for_status()
    return lead


def convert(client: httpx.Client, lead: Json, key: str = "first", **command: Any) -> httpx.Response:
    """The command; blocks until it is answered."""
    path = f"/api/leads/{lead['id']}/convert"
    return client.post(path, json=command, headers={"idempotency-key": key})


class Partners:
    """Accounts and opportunities, as far as a conversion hears of them: they answer what was asked."""

    def __init__(self, house: House) -> None:
        self.house, self.refuse, self.answered = house, "", 0
        self.adds = True
        """Whether nobody of the account has the lead's address."""
        self.asked: list[tuple[str, Json]] = []

    def answer_all(self) -> None:
        """Answers every step that was not answered yet."""
        events = [(name, record) for name, record, _ in self.house.published() if "lead_id" in record]
        for name, record in events[self.answered :]:
            self.asked.append((name, record))
            self.answer(name, record)
        self.answered = len(events)

    def answer(self, name: str, record: Json) -> None:
        """Answers one step."""
        reply: Mapping[str, Any] = {**record, "code": "not_possible", "reason": "We cannot."}
        if name == "ConversionStarted" and self.refuse == "account":
            self.house.run(lambda uow: commands.account_refused(uow, reply))
        elif name == "ConversionStarted":
            ready = {**reply, "account_name": "ACME", "owner_id": None, "contact_created": self.adds}
            self.house.run(lambda uow: commands.account_ready(uow, ready))
        elif name == "ConversionOpportunityWanted" and self.refuse == "opportunity":
            self.house.run(lambda uow: commands.opportunity_refused(uow, reply))
        elif name == "ConversionOpportunityWanted":
            self.house.run(lambda uow: commands.opportunity_ready(uow, reply))

    def told(self, name: str) -> list[Json]:
        """What was published under a name."""
        return [record for type, record, _ in self.house.published() if type == name]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """They answer as soon as they are asked, until the block ends."""
        stop = threading.Event()

        def work() -> None:
            while not stop.wait(0.02):
                self.answer_all()

        with ThreadPoolExecutor(1) as pool:
            done: Future[None] = pool.submit(work)
            yield
            stop.set()
            done.result()


@pytest.fixture
def partners(house: House) -> Partners:
    """The other two services."""
    return Partners(house)
