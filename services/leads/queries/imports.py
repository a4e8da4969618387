"""Imports of a tenant, and the rows that were refused."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from chassis.db import UnitOfWork
from services.leads.domain import ImportNotFound
from services.leads.models import Import, RefusedRow


def get_import(uow: UnitOfWork, id: UUID) -> Import:
    """One import. Raises ImportNotFound."""
    row = uow.session.get(Import, (uow.tenant, id))
    if row is None:
        raise ImportNotFound("No such import.")
    return row


def list_imports(uow: UnitOfWork, after: Sequence[Any] | None, limit: int) -> Sequence[Import]:
    """At most `limit`, the newest first."""
    found = select(Import).where(Import.tenant_id == uow.tenant)
    if after is not None:
        found = found.where(tuple_(Import.created_at, Import.id) < tuple_(*after))
    return uow.session.scalars(found.order_by(Import.created_at.desc(), Import.id.desc()).limit(limit)).all()


def refused_rows(uow: UnitOfWork, id: UUID) -> Sequence[RefusedRow]:
    """Every refused row of an import, in the order of the file."""
    mine = (RefusedRow.tenant_id == uow.tenant, RefusedRow.import_id == id)
    return uow.session.scalars(select(RefusedRow).where(*mine).order_by(RefusedRow.number)).all()
