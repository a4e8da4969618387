"""From the stream to the row: whatever is resent, crashes or comes late, the table holds the fold."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from chassis.clock import millis
from services.leads import commands
from services.leads.models import Contribution, Lead, ScoreChange, StatusChange
from services.leads.scoring import DAY, Engagement, Fact, Facts, default_rules, fold
from tests.services.leads.conftest import ACME, NOON, House
from tests.services.leads.test_processors import World, event

START = millis(NOON)
FACTS: dict[str, Fact] = {"has_email": True, "has_phone": False, "has_company": True, "industry": "finance"}
KINDS = ["email_opened", "pricing_page_visited", "demo_requested", "website_visited", "unsubscribed", "odd"]


class Line:
    """A lead in the database, its processor in memory, and the consumer between them."""

    def __init__(self, house: House) -> None:
        self.run, self.world = house.run, World()
        fields: dict[str, Any] = {"email": "jo@example.com", "company": "Acme", "industry": "finance"}
        fields |= {"lead_source": "manual", "utm": {}}
        entry = commands.Entry(fields)
        entered = house.run(lambda uow: commands.create_lead(uow, house.vault, entry, "api"))
        self.id: UUID = entered.lead.id
        self.world.created(str(self.id), str(ACME), at=START, facts=FACTS)

    def did(self, name: str, kind: str, at: int) -> None:
        """Something the prospect does, on its way to the processor."""
        self.world.did(name, kind, at, str(self.id), str(ACME))

    def store(self, records: list[dict[str, Any]]) -> None:
        """The consumer takes a batch."""
        self.run(lambda uow: commands.store_scores(uow, records))

    def catch_up(self) -> None:
        """Everything that the processor has said is stored."""
        self.world.member()
        self.store(self.world.scores(str(self.id)))

    def lead(self) -> Lead:
        """The row."""
        found: Lead = self.run(lambda uow: uow.session.get_one(Lead, (ACME, self.id)))
        return found

    def rows(self, table: type[Any]) -> list[Any]:
        """What a table says of the lead."""
        found: list[Any] = self.run(lambda uow: list(uow.session.scalars(select(table))))
        return found

    def statuses(self) -> list[str]:
        """The statuses that it went through."""
        return [row.status for row in sorted(self.rows(StatusChange), key=lambda row: row.version)]


@pytest.fixture
def line(house: House) -> Line:
    """A fresh database with one lead."""
    made = Line(house)
    house.clock.advance(timedelta(minutes=1))
    return made


def test_the_stream_says_of_a_new_lead_what_its_creation_said(line: Line) -> None:
    created = line.lead()
    line.catch_up()
    lead = line.lead()
    assert (lead.raw, lead.fit, lead.grade, lead.status) == (created.raw, 35, "B4", created.status)
    assert len(line.rows(ScoreChange)) == 1, "saying the same again is no change"
    assert sum(row.points for row in line.rows(Contribution)) == lead.raw


def test_a_rising_score_promotes_and_a_falling_one_does_not_demote(line: Line) -> None:
    line.did("pricing", "pricing_page_visited", START + 1)
    line.did("demo", "demo_requested", START + 2)
    line.catch_up()
    for number in range(3):
        line.did(f"gone {number}", "unsubscribed", START + (number + 1) * DAY)
    line.catch_up()
    lead = line.lead()
    assert (lead.score, lead.status) == (20, "qualified")
    assert line.statuses() == ["new", "qualified"]


@pytest.mark.parametrize("seed", range(6))
def test_late_resent_and_crashed_evidence_ends_in_the_same_table(line: Line, seed: int) -> None:
    random_ = random.Random(seed)
    events = [
        Engagement(f"{seed} {number}", START + random_.randrange(40 * DAY), random_.choice(KINDS), None)
        for number in range(40)
    ]
    for one in [*events, *random_.sample(events, 10)]:
        line.did(one.id, one.kind, one.at)
        if random_.random() < 0.1:
            line.world.member()
    line.world.member()
    said = line.world.scores(str(line.id))
    while said:
        batch, rest = said[:7], said[7:]
        line.store(batch)
        if random_.random() < 0.3:
            line.store(said[:3])
        said = rest
    expected = fold(
        [Facts("f", START, 1, FACTS), *(e._replace(id=event(e.id)) for e in events)], default_rules()
    )
    assert expected
    kept = {
        (row.rule, str(row.event_id)): row.points for row in line.rows(Contribution) if row.category != "fit"
    }
    assert kept == {(c.rule, c.event_id): c.points for c in expected.added if c.category != "fit"}
    lead = line.lead()
    assert (lead.raw, lead.fit, lead.engagement, lead.score) == (
        expected.raw,
        expected.fit,
        expected.engagement,
        expected.shown,
    )
