"""kill -9 of any process while prospects behave: nothing is lost or counted or said twice (G1-G6)."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import UUID

import psutil
import pytest

from cli.api import Api
from cli.demo.marketing import Mailer, Marketing, Website
from cli.demo.stage import Stage, audit, cast_and_deeds, play
from cli.local import demo_source
from deploy.local.process import Process
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
SCALE = float(os.environ.get("FAULT_SCALE", "0.05"))
KILLS = max(11, round(200 * SCALE))
EVERY = 2.0


def stage(world: World, open_: ExitStack, tenant: str, run: str, people: int) -> Stage:
    source, key = demo_source(tenant)
    cast, deeds = cast_and_deeds(run, people, tenant)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    website = Website(world.system.gateway_url, key, yesterday)
    mailer = Mailer(world.system.kafka.bootstrap, world.system.registry.url, key, yesterday)
    api = open_.enter_context(world.user("ana", tenant))
    api.patience = 60
    marketing = open_.enter_context(Marketing(website, mailer))
    return Stage(tenant, api, UUID(source), marketing, cast, deeds)


@contextmanager
def murder(world: World) -> Iterator[Counter[str]]:
    """Kills one process after the other by SIGKILL, each in its turn, while the block runs."""
    system = world.system
    infra = [system.kafka.processes[0], system.postgres.process, system.registry.process]
    victims = [*(program.process for program in system.programs() if program.name != "mail"), *infra]
    killed: Counter[str] = Counter()
    over = threading.Event()

    def kill() -> None:
        for victim in cycle(victims):
            if over.wait(EVERY) or killed.total() >= KILLS:
                return
            if strike(victim):
                killed[victim.name] += 1

    killer = threading.Thread(target=kill)
    killer.start()
    yield killed
    killer.join(KILLS * EVERY * 2)
    over.set()
    killer.join()


def strike(victim: Process) -> bool:
    """Kills it, if it runs just now."""
    if (found := victim.running()) is None:
        return False
    try:
        found.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def test_kill_9_of_any_process_loses_and_doubles_nothing(world: World) -> None:
    with ExitStack() as open_:
        played = stage(world, open_, "acme", f"kills{datetime.now(UTC):%H%M%S}", people=30)
        for person in played.cast:
            if person.part != "anonymous":
                played.enter(person, "kills")
        with murder(world) as killed:
            for _ in play([played], "kills", seconds=KILLS * EVERY):
                pass
        assert len(killed) >= min(KILLS, 11)
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
        )
        assert {(c["rule"], c["event_id"]): c["points"] for c in shown["contributions"]} == lines
        assert (shown["fit"], shown["engagement"], shown["grade"]) == (want.fit, want.engagement, want.grade)


def every_alert_is_there_once(api: Api, played: Stage) -> None:
    for lead in played.leads.values():
        now = api.get(f"/api/leads/{lead['id']}")
        found = eventually(
            lambda id=lead["id"]: list(api.items("/api/notifications/alerts", subject_id=id)),  # type: ignore[misc]
            lambda found, score=now["score"]: score <= 85 or any(a["kind"] == "high_value" for a in found),  # type: ignore[misc]
        )
        causes = Counter((alert["kind"], alert["cause"]) for alert in found)
        assert max(causes.values(), default=1) == 1
