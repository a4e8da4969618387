"""`python -m services.<name> accept-loss --topic T [--yes]`: a person accepts what is lost, and it goes on.

A consumer or processor that can never read on where it was ends and says so (F30, F34). Nothing but this
command moves its position.
"""

import argparse
import getpass
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

import structlog
from confluent_kafka.admin import AdminClient

from chassis.consumer import losses as groups
from chassis.ids import NOBODY
from chassis.losses import Loss
from chassis.runtime import Runtime
from chassis.streams import Fold
from chassis.streams import losses as folds
from chassis.streams.engine import Engine
from chassis.streams.kafka import KafkaWire
from chassis.streams.pulse import Pulse

log = structlog.get_logger(__name__)

ACTOR = "system:accept-loss"
ANSWER_SECONDS = 10
REFUSED = 1


class StillRunning(Exception):
    """Members of the group are there: their work would be void when another takes their partitions."""


def run(runtime: Runtime, group: str | None, processors: Sequence[Fold[Any]], argv: Sequence[str]) -> int:
    """Says what is lost of a topic; with --yes has the readers go on from what there is. The exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{runtime.service} accept-loss")
    parser.add_argument("--topic", required=True, choices=sorted(runtime.catalogue.topics))
    parser.add_argument("--yes", action="store_true", help="accept it; without, nothing is changed")
    asked = parser.parse_args(argv)
    with closing(KafkaWire(runtime.settings.kafka_bootstrap, f"{runtime.settings.instance}-losses")) as wire:
        readers = [fold for fold in processors if asked.topic in _inputs(fold)]
        desk = Desk(runtime, wire, group, readers, asked.topic)
        lost = desk.find()
        for loss in lost:
            _say(str(loss))
        if not lost:
            _say(f"{runtime.service} has lost nothing of {asked.topic}.")
            return 0
        if not asked.yes:
            _say("Nothing was changed. With --yes the readers go on from the first record that there is.")
            return REFUSED
        try:
            desk.accept(lost)
        except StillRunning as error:
            _say(f"Nothing was changed: {error}")
            return REFUSED
    return 0


class Desk:
    """The losses of one topic's readers in one service."""

    def __init__(
        self, runtime: Runtime, wire: KafkaWire, group: str | None, readers: Sequence[Fold[Any]], topic: str
    ) -> None:
        self._runtime, self._wire, self._topic = runtime, wire, topic
        self._group, self._readers = group, readers
        self._ids = wire.topic_ids([topic])

    def find(self) -> list[Loss]:
        """What the consumer group and every processor have lost; only looks."""
        found = self._of_group(accept=False)
        for fold in self._readers:
            found += folds.losses(fold, self._wire, self._topic, self._ids)
        return found

    def accept(self, lost: Sequence[Loss]) -> None:
        """Moves the positions and writes to the log who accepted what. Raises StillRunning before that."""
        concerned = [fold for fold in self._readers if fold.name in {loss.reader for loss in lost}]
        for fold in concerned:
            self._refuse_members(fold.name)
        self._of_group(accept=True)
        for fold in concerned:
            self._take_over(fold)
        for loss in lost:
            log.warning("loss_accepted", by=getpass.getuser(), **asdict(loss))

    def _of_group(self, *, accept: bool) -> list[Loss]:
        if self._group is None:
            return []
        id, _ = self._ids[self._topic]
        with self._runtime.database.unit_of_work(NOBODY, ACTOR) as uow:
            found = groups.losses(uow, self._wire, self._group, self._topic, id)
            if accept:
                groups.accept(uow, found, {self._topic: id})
        return found

    def _refuse_members(self, group: str) -> None:
        admin = AdminClient({"bootstrap.servers": self._runtime.settings.kafka_bootstrap})
        asked = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)
        if members := asked[group].result().members:
            raise StillRunning(f"{len(members)} members of {group} run; stop them first.")

    def _take_over(self, fold: Fold[Any]) -> None:
        """Claims every partition as a member would, and leaves the new positions in the changelog."""
        pulse = Pulse(10)
        pulse.start()
        engine = Engine(fold, self._runtime.codec, self._runtime.catalogue, self._wire, pulse)
        engine.accepted = {self._topic}
        engine.assign(list(range(engine.partitions())))
        pulse.stop()


def _inputs(fold: Fold[Any]) -> set[str]:
    return {*fold.inputs, fold.repair, *([fold.ticks] if fold.ticks else [])}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
