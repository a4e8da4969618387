"""Travelling in time: forward only, for everybody, never in production; and what a tick says."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from chassis.catalogue import Catalogue
from chassis.ids import NOBODY
from services.notifications import commands
from services.notifications.domain import OnlyForward, RealTime
from services.notifications.ticking import timed_inputs
from tests.services.notifications.conftest import House


def test_a_journey_sets_the_clock_forward_and_the_next_one_starts_there(house: House) -> None:
    now = datetime.now(UTC)
    for days in (15, 16):
        go = partial(commands.travel_to, target=now + timedelta(days=days), production=False)
        ahead = house.run(go, NOBODY)
        assert abs(ahead - timedelta(days=days)) < timedelta(minutes=1)
    assert house.run(commands.clock_offset, NOBODY) == ahead


def test_the_clock_never_goes_back(house: House) -> None:
    with pytest.raises(OnlyForward):
        house.run(
            lambda uow: commands.travel_to(uow, datetime(2020, 1, 1, tzinfo=UTC), production=False), NOBODY
        )


def test_nobody_travels_in_production(house: House) -> None:
    to = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(RealTime):
        house.run(lambda uow: commands.travel_to(uow, to, production=True), NOBODY)


def test_a_tick_waits_for_the_facts_of_every_processor_that_reads_it() -> None:
    assert sorted(timed_inputs(Catalogue.load())) == [
        "accounts.account",
        "engagement.recorded",
        "leads.lead",
        "leads.score",
        "leads.scoring-rules",
        "opportunities.opportunity",
    ]
