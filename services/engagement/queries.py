"""Lists and single rows for the API. The tenant is bound by row security."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true, tuple_

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from services.engagement.domain import UnknownRejection, UnknownSource
from services.engagement.models import Account, LeadEmail, RejectedEvent, Source, StoredEvent, WriteKey

After = tuple[Any, ...] | None


def sources(uow: UnitOfWork, after: After, limit: int) -> Sequence[Source]:
    """Sources by name."""
    query = select(Source).order_by(Source.name, Source.id).limit(limit)
    if after:
        query = query.where(tuple_(Source.name, Source.id) > after)
    return uow.session.scalars(query).all()


def source(uow: UnitOfWork, id: UUID) -> Source:
    """One source. Raises UnknownSource."""
    if (found := uow.session.get(Source, (uow.tenant, id))) is None:
        raise UnknownSource(str(id))
    return found


def write_keys(uow: UnitOfWork, source: UUID) -> Sequence[WriteKey]:
    """All keys of a source, the newest first."""
    query = (
        select(WriteKey).where(WriteKey.source_id == source).order_by(WriteKey.created_at.desc(), WriteKey.id)
    )
    return uow.session.scalars(query).all()


def rejected(
    uow: UnitOfWork, state: str | None, source: UUID | None, after: After, limit: int
) -> Sequence[RejectedEvent]:
    """Rejected events, the newest first."""
    query = select(RejectedEvent)
    if state:
        query = query.where(RejectedEvent.state == state)
    if source:
        query = query.where(RejectedEvent.source_id == source)
    if after:
        query = query.where(tuple_(RejectedEvent.rejected_at, RejectedEvent.id) < after)
    query = query.order_by(RejectedEvent.rejected_at.desc(), RejectedEvent.id.desc()).limit(limit)
    return uow.session.scalars(query).all()


def rejection(uow: UnitOfWork, id: UUID) -> RejectedEvent:
    """One rejected event. Raises UnknownRejection."""
    if (found := uow.session.get(RejectedEvent, (uow.tenant, id))) is None:
        raise UnknownRejection(str(id))
    return found


def events(
    uow: UnitOfWork, scope: Scope, lead: UUID | None, after: After, limit: int
) -> Sequence[StoredEvent]:
    """Events of a lead, or without one those that still wait for theirs; the newest first."""
    mine = StoredEvent.lead_id == lead if lead else StoredEvent.lead_id.is_(None)
    query = select(StoredEvent).where(mine, visible(uow, scope))
    if after:
        query = query.where(tuple_(StoredEvent.occurred_at, StoredEvent.id) < after)
    query = query.order_by(StoredEvent.occurred_at.desc(), StoredEvent.id.desc()).limit(limit)
    return uow.session.scalars(query).all()


def visible(uow: UnitOfWork, scope: Scope) -> ColumnElement[bool]:
    """Events of the leads that the scope shows, and of all leads of the accounts of its people (F107).

    Those that wait are no lead's, so only who sees everything sees them.
    """
    if scope.everything:
        return true()
    managed = select(Account.id).where(Account.tenant_id == uow.tenant, scope.owns(Account.owner_id))
    seen = or_(scope.sees(LeadEmail.owner_id, LeadEmail.territory), LeadEmail.account_id.in_(managed))
    leads = select(LeadEmail.lead_id).where(LeadEmail.tenant_id == uow.tenant, seen)
    return StoredEvent.lead_id.in_(leads)
