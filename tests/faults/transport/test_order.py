"""G3: versions of a lead are first seen in their order, however slowly and crosswise they were committed."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from chassis.db import libpq_url
from chassis.relay import table
from chassis.relay.sender import Sender
from tests.chassis.sample import service
from tests.chassis.sample.world import ACME, World, eventually, running, scaled
from tests.faults.transport.order import inversions

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3_600)]

WRITERS = 8
LEADS = 10


def write_slowly(world: World, seed: int, events: int) -> None:
    """Changes leads in transactions that stay open after their ids were drawn."""
    chance = random.Random(seed)
    for _ in range(events):
        lead, pause = service.lead(chance.randrange(LEADS)), chance.choice((0, 0, 0.001, 0.01))
        world.database.run(
            ACME,
            "system:test",
            lambda uow, lead=lead, pause=pause: service.change(uow, world.topic, lead, pause=pause),  # type: ignore[misc]
        )


def write_crosswise(world: World, events: int) -> None:
    """All writers at once."""
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda seed: write_slowly(world, seed, events // WRITERS), range(WRITERS)))


def test_two_relays_and_eight_slow_writers_keep_every_order(world: World) -> None:
    with world.relay(batch=20), world.relay(batch=20):
        write_crosswise(world, scaled(20_000))
        eventually(world.drained)
    arrived = world.versions_read()
    assert {lead: service.whole(v) for lead, v in dict(sorted(arrived)).items()} == world.whole_trails()
    assert len(arrived) == len(set(arrived))
    assert inversions(arrived) == 0


def test_four_relays_without_locks_would_mix_them_up(world: World) -> None:
    """The red case: each takes what the others have not locked."""

    def ungated(stop: threading.Event) -> None:
        sender = Sender(world.kafka, "ungated")
        with psycopg.connect(libpq_url(world.urls["app"]), autocommit=True) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", (str(ACME),))
            while not stop.is_set():
                with connection.transaction():
                    take_skipping(connection, sender)
        sender.close()

    with running(ungated), running(ungated), running(ungated), running(ungated):
        write_crosswise(world, 3_000)
        eventually(world.drained)
    assert inversions(world.versions_read()) > 0


SKIPPING = """
SELECT id, tenant_id, topic, partition, key, value, headers, false FROM outbox
ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED
"""


def take_skipping(connection: table.Connection, sender: Sender) -> None:
    """One pass of a relay that skips locked rows in place of holding shards."""
    rows = [table.Row(*row) for row in connection.execute(SKIPPING)]
    sender.send(rows, lambda: None)
    table.delete(connection, [row.id for row in rows])
