"""What the role `prune` drops: raw payloads of events that are older than the setting says."""

from typing import Any

from sqlalchemy import text

from chassis.db import Database
from chassis.ids import NOBODY
from chassis.pruning import ACTOR

AT_ONCE = 5_000


def prune(runtime: Any) -> int:
    """Some of what has had its time; how much."""
    return forget_payloads(runtime.database, runtime.settings.payload_days)


def forget_payloads(database: Database, days: int) -> int:
    """Empties some payloads of all tenants; how many. What counted, and the message id, stay."""
    with database.unit_of_work(NOBODY, ACTOR) as uow:
        asked = {"days": days, "most": AT_ONCE}
        query = text("SELECT forget_payloads(make_interval(days => :days), :most)")
        return int(uow.session.execute(query, asked).scalar_one())
