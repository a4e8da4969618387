"""Web forms and what they sent."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from chassis.db import UnitOfWork
from services.leads.domain import FormNotFound
from services.leads.models import Form, FormSubmission

After = tuple[Any, ...] | None


def get_form(uow: UnitOfWork, form_id: UUID) -> Form:
    """One form. Raises FormNotFound."""
    form = uow.session.get(Form, (uow.tenant, form_id))
    if form is None:
        raise FormNotFound("No such form.")
    return form


def list_forms(uow: UnitOfWork, after: After, limit: int) -> list[Form]:
    """The tenant's forms, the newest first."""
    found = select(Form).where(Form.tenant_id == uow.tenant)
    if after is not None:
        found = found.where(tuple_(Form.created_at, Form.id) < tuple_(*after))
    return list(uow.session.scalars(found.order_by(Form.created_at.desc(), Form.id.desc()).limit(limit)))


def list_submissions(uow: UnitOfWork, form_id: UUID, after: After, limit: int) -> list[FormSubmission]:
    """What a form sent, the newest first."""
    row = FormSubmission
    found = select(row).where(row.tenant_id == uow.tenant, row.form_id == form_id)
    if after is not None:
        found = found.where(tuple_(row.received_at, row.id) < tuple_(*after))
    return list(uow.session.scalars(found.order_by(row.received_at.desc(), row.id.desc()).limit(limit)))
