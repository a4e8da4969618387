"""Sources and their write keys: made, rotated with an overlap, revoked."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.engagement.domain import KeyIsSpent, Kinds, NameTaken, UnknownKey, UnknownSource
from services.engagement.models import Source, WriteKey
from services.engagement.write_keys import SHOWN, hash_of, new_key


def create_source(uow: UnitOfWork, name: str, kinds: Kinds, origins: Sequence[str] = ()) -> Source:
    """A new source; `origins` are those of the pages that may use its keys. Raises NameTaken."""
    if uow.session.scalar(select(Source.id).where(Source.name == name)):
        raise NameTaken(f"There is a source called {name}.")
    source = Source(
        tenant_id=uow.tenant,
        id=new_id(),
        name=name,
        event_kinds=dict(kinds.events),
        page_kinds=dict(kinds.pages),
        origins=list(origins),
        created_at=uow.now,
        created_by=uow.actor,
    )
    uow.session.add(source)
    uow.session.flush()
    return source


def change_source(
    uow: UnitOfWork,
    id: UUID,
    name: str | None = None,
    kinds: Kinds | None = None,
    origins: Sequence[str] | None = None,
) -> Source:
    """Renames a source, gives it another table of kinds or other origins, for events from now on.

    None leaves what is there. Raises UnknownSource, NameTaken.
    """
    source = _source(uow, id)
    if name is not None and name != source.name:
        if uow.session.scalar(select(Source.id).where(Source.name == name)):
            raise NameTaken(f"There is a source called {name}.")
        source.name = name
    if kinds is not None:
        source.event_kinds, source.page_kinds = dict(kinds.events), dict(kinds.pages)
    if origins is not None:
        source.origins = list(origins)
    return source


def add_write_key(uow: UnitOfWork, source: UUID) -> tuple[WriteKey, str]:
    """A new key of a source, and its text, which is nowhere else. Raises UnknownSource."""
    _source(uow, source)
    text = new_key()
    key = WriteKey(
        tenant_id=uow.tenant,
        id=new_id(),
        source_id=source,
        prefix=text[:SHOWN],
        hash=hash_of(text),
        created_at=uow.now,
        created_by=uow.actor,
    )
    uow.session.add(key)
    uow.session.flush()
    return key, text


def rotate_write_key(uow: UnitOfWork, source: UUID, id: UUID, overlap: timedelta) -> tuple[WriteKey, str]:
    """A new key in the place of one that goes on working for `overlap`. Raises UnknownKey, KeyIsSpent."""
    old = _key(uow, source, id)
    if old.revoked_at or old.expires_at:
        raise KeyIsSpent("This key was revoked, or rotated before.")
    old.expires_at = uow.now + overlap
    return add_write_key(uow, source)


def revoke_write_key(uow: UnitOfWork, source: UUID, id: UUID) -> WriteKey:
    """Ends a key; other processes notice within a minute. Repeated: nothing changes. Raises UnknownKey."""
    key = _key(uow, source, id)
    key.revoked_at = key.revoked_at or uow.now
    return key


def _source(uow: UnitOfWork, id: UUID) -> Source:
    if (found := uow.session.get(Source, (uow.tenant, id))) is None:
        raise UnknownSource(str(id))
    return found


def _key(uow: UnitOfWork, source: UUID, id: UUID) -> WriteKey:
    wanted = select(WriteKey).where(WriteKey.id == id, WriteKey.source_id == source).with_for_update()
    if (found := uow.session.scalar(wanted)) is None:
        raise UnknownKey(str(id))
    return found
