"""Web forms of a tenant: made, changed, found by their public keys (F2)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.leads.commands.settings import check_custom
from services.leads.domain import FormNotFound
from services.leads.form_keys import new_form_key
from services.leads.models import Form


def open_form(uow: UnitOfWork, values: Mapping[str, Any]) -> Form:
    """A new form with a key of its own. Raises UndefinedCustom."""
    check_custom(uow, values["mapping"])
    form = Form(
        tenant_id=uow.tenant,
        id=new_id(),
        key=new_form_key(uow.tenant),
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
        **values,
    )
    uow.session.add(form)
    return form


def change_form(
    uow: UnitOfWork, form_id: UUID, values: Mapping[str, Any], seen: Callable[[int], None]
) -> Form:
    """Changes a form; its key stays. Raises FormNotFound, UndefinedCustom."""
    form = uow.session.get(Form, (uow.tenant, form_id), with_for_update=True)
    if form is None:
        raise FormNotFound("No such form.")
    seen(form.version)
    check_custom(uow, values["mapping"])
    for name, value in values.items():
        setattr(form, name, value)
    form.version += 1
    form.updated_at = uow.now
    return form


def form_of_key(uow: UnitOfWork, key: str) -> Form:
    """The form that takes submissions under a key. Raises FormNotFound."""
    mine = (Form.tenant_id == uow.tenant, Form.key == key, Form.active)
    form = uow.session.scalars(select(Form).where(*mine)).one_or_none()
    if form is None:
        raise FormNotFound("No such form.")
    return form
