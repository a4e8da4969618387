"""Time goes by: accounts that have been quiet for long change by themselves (F54, F55)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import from_millis
from chassis.db import UnitOfWork
from services.accounts.commands.health import refresh
from services.accounts.models import Account, ClockPartition

AT_ONCE = 1000
"""Accounts of one tenant that a batch of ticks looks at; what is due besides waits for the next one."""
_READ = text(
    "SELECT topic, next_offset FROM consumer_offsets WHERE group_name = :group AND partition = :partition"
)


def pass_time(uow: UnitOfWork, group: str, ticks: Mapping[int, Mapping[str, Any]], partitions: int) -> None:
    """Lets time go by as far as the newest ticks say, by partition; the unit belongs to nobody.

    A tick counts once this group has read what was written before it, so a backlog never looks like silence;
    one that comes too early is passed over, for the next comes within a minute.
    """
    for partition, tick in sorted(ticks.items()):
        if _caught_up(uow, group, partition, tick["ends"]):
            _stands_at(uow, partition, from_millis(tick["time"]))
    until = _time(uow, partitions)
    if until is None:
        return
    due = text("SELECT tenants_with_due_accounts(:until)")
    for tenant in sorted(uow.session.scalars(due, {"until": until})):
        with uow.within(tenant) as inner:
            age_accounts(inner, until)


def age_accounts(uow: UnitOfWork, until: datetime) -> None:
    """Counts the accounts of a tenant anew that are due by a time, those longest due first."""
    due = (
        select(Account)
        .where(Account.tenant_id == uow.tenant, Account.closed_at.is_(None), Account.due_at <= until)
        .order_by(Account.due_at, Account.id)
        .limit(AT_ONCE)
        .with_for_update()
    )
    refresh(uow, uow.session.scalars(due).all(), until)


def _caught_up(uow: UnitOfWork, group: str, partition: int, ends: Mapping[str, int]) -> bool:
    rows = uow.session.execute(_READ, {"group": group, "partition": partition})
    read: dict[str, int] = {row.topic: row.next_offset for row in rows}
    return all(read[topic] >= end for topic, end in ends.items() if topic in read)


def _stands_at(uow: UnitOfWork, partition: int, time: datetime) -> None:
    row = insert(ClockPartition).values(tenant_id=uow.tenant, partition=partition, time=time)
    later = func.greatest(ClockPartition.time, row.excluded.time)
    uow.session.execute(
        row.on_conflict_do_update(index_elements=["tenant_id", "partition"], set_={"time": later})
    )


def _time(uow: UnitOfWork, partitions: int) -> datetime | None:
    """Where the slowest partition stands; None before every one of them has ticked."""
    stands = select(func.min(ClockPartition.time), func.count()).where(ClockPartition.tenant_id == uow.tenant)
    slowest, number = uow.session.execute(stands).one()
    return slowest if number == partitions else None
