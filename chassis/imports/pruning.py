"""Files that nobody starts: given up after a while, for they may be full of people (F4).

A file that was taken in, cancelled or given up is dropped at once; one that waits for its start, even after
a dry run, for `<SERVICE>_IMPORT_DAYS`. The import and its error file stay.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select, text

from chassis.db import UnitOfWork
from chassis.ids import NOBODY
from chassis.imports.jobs import end
from chassis.imports.table import Import
from chassis.migrations import grant_to_app
from chassis.pruning import ACTOR

ImportDays = Annotated[
    int, Field(ge=1, le=365, description="so long an uploaded file is kept that nobody starts")
]
AT_ONCE: Final = 100


def prune_files(runtime: Any) -> int:
    """Gives up some files of every tenant that were not started in time; how many."""
    days, run = runtime.settings.import_days, runtime.database.run
    tenants = run(NOBODY, ACTOR, partial(_tenants, days=days))
    return sum(run(tenant, ACTOR, partial(_give_up, days=days)) for tenant in tenants)


def _tenants(uow: UnitOfWork, days: int) -> list[UUID]:
    """Who has such files; the one question that no row security stands before."""
    idle = text("SELECT tenants_with_idle_files(:since)")
    return list(uow.session.scalars(idle, {"since": _since(uow, days)}))


def _give_up(uow: UnitOfWork, days: int) -> int:
    last = func.coalesce(Import.ended_at, Import.created_at)
    idle = select(Import).where(Import.tenant_id == uow.tenant, Import.state == "ready")
    some = idle.where(last < _since(uow, days)).order_by(Import.id).limit(AT_ONCE)
    rows = uow.session.scalars(some.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.detail = f"Nobody started it within {days} days; upload the file again."
        end(uow, row, "cancelled")
    return len(rows)


def _since(uow: UnitOfWork, days: int) -> datetime:
    return uow.now - timedelta(days=days)


def find_idle_files(op: Any) -> None:
    """For a migration behind `create_imports`: the look-up of tenants by the role `prune`."""
    op.execute("CREATE INDEX imports_idle ON imports (COALESCE(ended_at, created_at)) WHERE state = 'ready'")
    op.execute(_TENANTS_WITH_IDLE_FILES)
    op.execute("REVOKE ALL ON FUNCTION tenants_with_idle_files(timestamptz) FROM PUBLIC")
    grant_to_app(op, "FUNCTION tenants_with_idle_files(timestamptz)", "EXECUTE")


_TENANTS_WITH_IDLE_FILES = """
CREATE FUNCTION tenants_with_idle_files(since timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
        SELECT DISTINCT tenant_id FROM public.imports
        WHERE state = 'ready' AND COALESCE(ended_at, created_at) < since
    $$
"""
