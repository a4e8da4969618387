"""Runs a fold as one member of its consumer group, on either host."""

import logging
import threading
from typing import Any, TypeVar

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.streams.confluent_host import ConfluentHost
from chassis.streams.contract import Fold
from chassis.streams.engine import Engine
from chassis.streams.kafka import KafkaWire
from chassis.streams.pulse import Pulse
from chassis.streams.settings import StreamSettings
from chassis.streams.wire import Frozen, StreamError

S = TypeVar("S")

log = logging.getLogger(__name__)

EXIT_FROZEN = 75
"""Exit code of a process that ends because it stood still (`Frozen`): start it again at once."""


def run_processor(
    fold: Fold[S], settings: StreamSettings, codec: Codec, catalogue: Catalogue, stop: threading.Event
) -> None:
    """Folds until `stop` is set; blocks. Any thread will do.

    Raises `StreamError` (`Frozen` among them) when the surroundings fail: the process must then end and be
    started again; it goes on where the last whole group ended.
    """
    pulse = Pulse(settings.session_timeout)
    pulse.start()
    wire = KafkaWire(settings.bootstrap, settings.client, stop)
    try:
        engine = Engine(fold, codec, catalogue, wire, pulse)
        host_of(settings)(engine, fold.name, settings).run(stop)
    except StreamError as error:
        if not stop.is_set() or isinstance(error, Frozen):
            raise
        log.warning("%s: the group under way is given up at the stop: %s", fold.name, error)
    finally:
        wire.close()
        pulse.stop()


def host_of(settings: StreamSettings) -> Any:
    """The host that is asked for; Faust takes a second to import, so only who runs on it waits for it."""
    if settings.host == "faust":
        from chassis.streams.faust_host import FaustHost

        return FaustHost
    return ConfluentHost
