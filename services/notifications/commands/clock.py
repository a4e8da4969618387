"""The business clock: what it is ahead of the wall clock, set by travelling in time."""

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.ids import NOBODY
from services.notifications.domain import RealTime, offset_to
from services.notifications.models import ClockOffset


def travel_to(uow: UnitOfWork, target: datetime, *, production: bool) -> timedelta:
    """Sets the clock forward for everybody and gives what it is ahead now. Raises OnlyForward, RealTime."""
    if production:
        raise RealTime("The clock of a production system is the wall clock.")
    uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('notifications.clock_offset'))"))
    ahead = clock_offset(uow)
    now = uow.session.execute(text("SELECT clock_timestamp()")).scalar_one() + ahead
    offset = offset_to(target, now, ahead)
    ahead_ms = offset // timedelta(milliseconds=1)
    row = insert(ClockOffset).values(tenant_id=NOBODY, ahead_ms=ahead_ms)
    uow.session.execute(row.on_conflict_do_update(index_elements=["tenant_id"], set_={"ahead_ms": ahead_ms}))
    return timedelta(milliseconds=ahead_ms)


def clock_offset(uow: UnitOfWork) -> timedelta:
    """What the business clock is ahead of the wall clock; nothing before the first journey."""
    ahead_ms = uow.session.scalar(select(ClockOffset.ahead_ms).where(ClockOffset.tenant_id == NOBODY))
    return timedelta(milliseconds=ahead_ms or 0)
