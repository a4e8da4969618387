"""One tenant on the demo's stage: its people become leads, its deeds go out, its receipts are checked."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from chassis.ids import derived_id, tenant_id
from cli.api import Api, Json
from cli.demo.cast import Deed, Person, day, people
from cli.demo.marketing import Marketing

PATIENCE = 60.0
"""Seconds that a receipt may take to show all evidence before the demo says what is missing."""


@dataclass
class Stage:
    """A tenant, its open doors and what has happened so far."""

    tenant: str
    rep: Api
    source: UUID
    marketing: Marketing
    cast: list[Person]
    deeds: list[Deed]
    leads: dict[int, Json] = field(default_factory=dict)

    def enter(self, person: Person, run: str) -> None:
        """A form or a rep enters the person as a lead."""
        self.leads[person.number] = self.rep.post(
            "/api/leads", person.lead, key=f"demo-{self.tenant}-{run}-{person.number}"
        )

    def expected(self, person: Person) -> set[str]:
        """Ids of the events that must stand in the person's receipt, counted or not."""
        tenant = tenant_id(self.tenant)
        return {
            str(derived_id(tenant, self.source, deed.message_id))
            for deed in self.deeds
            if deed.person is person and deed.scored
        }


def cast_and_deeds(run: str, count: int, tenant: str) -> tuple[list[Person], list[Deed]]:
    """The people of a tenant and all they do in the day, in order of time; the same for the same run."""
    chance = Random(f"{run}-{tenant}")  # noqa: S311 - people of a play, not secrets
    cast = people(run, count, chance)
    deeds = [deed for person in cast for deed in day(person, run, chance)]
    return cast, sorted(deeds, key=lambda deed: deed.minute)


def play(stages: Sequence[Stage], run: str, seconds: float) -> Iterator[int]:
    """Plays the day of all stages in `seconds`; yields the minute of the day after each deed.

    Who is anonymous in the morning becomes a lead at noon: the visits before must join it.
    """
    began = time.monotonic()
    queue = sorted(
        ((deed.minute, number, deed) for number, stage in enumerate(stages) for deed in stage.deeds),
        key=lambda entry: entry[:2],
    )
    for minute, number, deed in queue:
        time.sleep(max(0.0, began + seconds * minute / 1440 - time.monotonic()))
        stage = stages[number]
        if minute >= 720 and deed.person.number not in stage.leads:
            stage.enter(deed.person, run)
        stage.marketing.send(deed)
        yield minute
    for stage in stages:
        stage.marketing.flush()
        for person in stage.cast:
            if person.number not in stage.leads:
                stage.enter(person, run)


@dataclass(frozen=True)
class Audit:
    """What the receipts say of what was sent."""

    sent: int
    lost: set[str]
    doubled: set[str]


def audit(stage: Stage) -> Iterator[Audit]:
    """Waits for each receipt to be whole; yields one audit per person."""
    for person in stage.cast:
        expected = stage.expected(person)
        lines = whole_receipt(stage.rep, str(stage.leads[person.number]["id"]), expected)
        times = Counter(lines)
        yield Audit(len(expected), expected - times.keys(), {e for e in expected if times[e] > 1})


def whole_receipt(api: Api, lead: str, expected: set[str]) -> list[str]:
    """Event ids of a lead's receipt, once all expected are there or patience ends."""
    deadline = time.monotonic() + PATIENCE
    while True:
        score = api.get(f"/api/leads/{lead}/score")
        ids = [str(line["event_id"]) for line in [*score["contributions"], *score["not_counted"]]]
        if expected <= set(ids) or time.monotonic() > deadline:
            return ids
        time.sleep(0.1)
