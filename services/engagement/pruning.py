"""The role `prune`: empties the raw payloads of events that are older than the setting says."""

from threading import Event

import structlog
from sqlalchemy import text

from chassis.db import Database, DatabaseUnavailable
from chassis.ids import NOBODY
from chassis.runtime import Runtime

log = structlog.get_logger(__name__)

EVERY_SECONDS = 600.0
AT_ONCE = 5_000
ACTOR = "system:prune"


def run_prune(runtime: Runtime, stop: Event) -> None:
    """Prunes until `stop` is set. Blocks."""
    while not stop.is_set():
        try:
            forgotten = forget_payloads(runtime.database, runtime.settings.payload_days)
        except DatabaseUnavailable as error:
            log.warning("database_away", cause=str(error))
            forgotten = 0
        if not forgotten:
            stop.wait(EVERY_SECONDS)


def forget_payloads(database: Database, days: int) -> int:
    """Empties some payloads of all tenants; how many. What counted, and the message id, stay."""
    with database.unit_of_work(NOBODY, ACTOR) as uow:
        asked = {"days": days, "most": AT_ONCE}
        query = text("SELECT forget_payloads(make_interval(days => :days), :most)")
        return int(uow.session.execute(query, asked).scalar_one())
