"""Roles of the sample in processes of their own, so that they can be killed and stopped."""

import json
import os
import random
import sys
from functools import partial
from threading import Event as Stop

from chassis.consumer import ConsumerLoop
from chassis.relay import Relay
from tests.chassis.sample import service
from tests.chassis.sample.world import ACME, World


def write(world: World, seed: int, leads: int, count: int) -> None:
    """Changes random leads, and says of each change that it was accepted once it was."""
    chance = random.Random(seed)
    for _ in range(count):
        lead = service.lead(chance.randrange(leads))
        version = world.database.run(
            ACME, "system:test", partial(service.change, topic=world.topic, lead=lead)
        )
        print(lead, version, flush=True)  # noqa: T201


def main(role: str, *arguments: str) -> None:
    """Runs a role until it is killed, or has nothing more to do."""
    world = World(**json.loads(os.environ["SAMPLE"]))
    if role == "relay":
        Relay(world.urls["relay"], world.kafka, batch=50).run(Stop())
    elif role == "consume":
        ConsumerLoop(service.one_by_one(world.topic), world, batch=50).run(Stop())
    else:
        write(world, *map(int, arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
