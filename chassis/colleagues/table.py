"""Read model of the identity service's users. The highest version is the truth."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, delete
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import from_millis
from chassis.consumer import Event
from chassis.db import Model, TenantScoped, UnitOfWork, keep_newest
from chassis.ids import id_of


class ColleagueRow(TenantScoped, Model):
    """A user of the tenant as the identity service tells; personal fields stay sealed and open at reading."""

    __tablename__ = "colleagues"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    login: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    team: Mapped[str | None]
    manager_id: Mapped[UUID | None]
    active: Mapped[bool]
    territories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    capacity: Mapped[int | None]
    """Open leads that the person can work on; None: as many as come."""
    absent_from: Mapped[datetime | None]
    absent_until: Mapped[datetime | None]
    visibility: Mapped[str | None]
    """own, team, territory or all; None: as the roles say."""
    pii: Mapped[bytes | None]
    key_id: Mapped[str | None]


def store_colleague(uow: UnitOfWork, event: Event) -> None:
    """Handler for `identity.user`: keeps a user as the newest event says, forgets one that is gone."""
    if event.tombstone:
        forget_colleague(uow, event.aggregate)
    else:
        keep_colleague(uow, event.record)


def keep_colleague(uow: UnitOfWork, record: dict[str, Any]) -> None:
    """Keeps a user as a record says; one that is not newer changes nothing."""
    same = ("version", "login", "roles", "team", "active", "territories", "capacity", "visibility")
    row = {name: record[name] for name in (*same, "pii", "key_id")}
    row |= {"id": UUID(record["user_id"]), "manager_id": id_of(record["manager_id"])}
    for name in ("absent_from", "absent_until"):
        row[name] = None if record[name] is None else from_millis(record[name])
    keep_newest(uow, ColleagueRow, [row])


def forget_colleague(uow: UnitOfWork, user: UUID) -> None:
    """Forgets a user that the identity service no longer knows; again is a no-op."""
    mine = (ColleagueRow.tenant_id == uow.tenant, ColleagueRow.id == user)
    uow.session.execute(delete(ColleagueRow).where(*mine))
