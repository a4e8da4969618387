"""The role `prune`: drops what has had its time, some of it at once, and looks again after a while."""

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

import structlog

from chassis.db import Contended, DatabaseUnavailable

if TYPE_CHECKING:
    from chassis.service import Role

log = structlog.get_logger(__name__)

ACTOR = "system:prune"
EVERY_SECONDS = 600.0


def prune_role(drop: Callable[[Any], int]) -> "Role":
    """A role that calls `drop(runtime)` until it is told to stop; at once again while that drops anything."""

    def run(runtime: Any, stop: Event) -> None:
        while not stop.is_set():
            try:
                dropped = drop(runtime)
            except (DatabaseUnavailable, Contended) as error:
                log.warning("database_away", cause=str(error))
                dropped = 0
            if not dropped:
                stop.wait(EVERY_SECONDS)

    return run
