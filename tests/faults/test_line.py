"""Kill, stop and freeze any process while prospects behave: nothing is lost or said twice (G1-G6)."""

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cli.api import Api
from cli.demo.marketing import Mailer, Marketing, Website
from cli.demo.stage import Stage, audit, cast_and_deeds, play
from cli.local import demo_source
from tests.faults.havoc import EVERY, HEALED, KILLS, havoc
from tests.faults.log import scores
from tests.world import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(3_600),
    # Segment's SDK does not close the connections that a killed gateway cut
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    ),
]
PEOPLE = 30
SECONDS = max(33, 33 / 12 * KILLS) * EVERY
"""As long as the deeds take: of 33 in a round 12 are kills."""


def stage(world: World, open_: ExitStack, tenant: str, run: str) -> Stage:
    source, key = demo_source(tenant)
    cast, deeds = cast_and_deeds(run, PEOPLE, tenant)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    website = Website(world.system.gateway_url, key, yesterday)
    mailer = Mailer(world.system.kafka.bootstrap, world.system.registry.url, key, yesterday)
    api = open_.enter_context(world.user("ana", tenant))
    api.patience = HEALED  # on a loaded machine every restart takes its time, and one follows the other
    marketing = open_.enter_context(Marketing(website, mailer))
    return Stage(tenant, api, UUID(source), marketing, cast, deeds)


def test_whoever_is_killed_stopped_frozen_or_joined_nothing_is_lost_or_doubled(world: World) -> None:
    with ExitStack() as open_:
        played = stage(world, open_, "acme", f"havoc{datetime.now(UTC):%H%M%S}")
        for person in played.cast:
            if person.part != "anonymous":
                played.enter(person, "havoc")
        with havoc(world.system) as befell:
            for _ in play([played], "havoc", seconds=SECONDS):
                pass
        assert befell.killed >= KILLS
        for one in audit(played):
            assert (one.lost, one.doubled) == (set(), set())
        the_scores_are_the_fold_of_the_log(world, played)
        every_alert_is_there_once(played.rep, played)


def the_scores_are_the_fold_of_the_log(world: World, played: Stage) -> None:
    expected = scores(world.system.kafka.bootstrap, world.system.registry.url)
    for lead in played.leads.values():
        want = expected[str(lead["id"])]
        lines = {(c.rule, c.event_id): c.points for c in want.added if c.points}
        shown = eventually(
            lambda id=lead["id"]: played.rep.get(f"/api/leads/{id}/score"),  # type: ignore[misc]
            lambda s, raw=want.raw: s["raw"] == raw,  # type: ignore[misc]
            HEALED,
        )
        assert {(c["rule"], c["event_id"]): c["points"] for c in shown["contributions"]} == lines
        assert (shown["fit"], shown["engagement"], shown["grade"]) == (want.fit, want.engagement, want.grade)


def every_alert_is_there_once(api: Api, played: Stage) -> None:
    for lead in played.leads.values():
        now = api.get(f"/api/leads/{lead['id']}")
        found = eventually(
            lambda id=lead["id"]: list(api.items("/api/notifications/alerts", subject_id=id)),  # type: ignore[misc]
            lambda found, score=now["score"]: score <= 85 or any(a["kind"] == "high_value" for a in found),  # type: ignore[misc]
            HEALED,
        )
        causes = Counter((alert["kind"], alert["cause"]) for alert in found)
        assert max(causes.values(), default=1) == 1
