"""The inbox: every person tends their own."""

from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from services.notifications.domain import ItemState, NotFound
from services.notifications.models import InboxItem


def set_item_state(uow: UnitOfWork, user: UUID, item_id: UUID, state: ItemState) -> None:
    """Marks a person's own item; the state that it has already is a no-op. Raises NotFound."""
    own = select(InboxItem).where(
        InboxItem.tenant_id == uow.tenant, InboxItem.id == item_id, InboxItem.recipient_id == user
    )
    item = uow.session.scalars(own.with_for_update()).one_or_none()
    if item is None:
        raise NotFound("No such inbox item.")
    if item.state != state:
        item.state, item.changed_at = state, uow.now
