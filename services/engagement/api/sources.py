"""Sources, their tables of kinds and their write keys."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.http import Id, Page, PagingDep, RequestModel, Router, Transaction, View, require
from services.engagement import commands, queries
from services.engagement.domain import Kinds
from services.engagement.models import WriteKey

router = Router(prefix="/api/engagement/sources", tags=["sources"])
MAY = [require("admin", "marketing")]

DAY = 24 * 3600
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=200)]
Origins = Annotated[list[Origin], Field(max_length=50)]
Table = Annotated[dict[Name, Name], Field(max_length=500)]


class NewSource(RequestModel):
    """A source to be made. Its tables come before the default ones."""

    name: Name
    event_kinds: Table = Field(default_factory=dict, description="event name to kind")
    page_kinds: Table = Field(default_factory=dict, description="page path, also of pages below it, to kind")
    origins: Origins = Field(
        default_factory=list, description="of pages that may use its keys; none: servers only"
    )


class SourceChange(RequestModel):
    """What to change; what is left out stays."""

    name: Name | None = None
    event_kinds: Table | None = None
    page_kinds: Table | None = None
    origins: Origins | None = None


class SourceView(View):
    """A source."""

    id: UUID
    name: str
    event_kinds: dict[str, str]
    page_kinds: dict[str, str]
    origins: list[str]
    created_at: datetime


class KeyView(View):
    """A write key as it can be shown: by its first characters."""

    id: UUID
    source_id: UUID
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewKeyView(KeyView):
    """A new key with its text, shown this once."""

    write_key: str


class Rotation(RequestModel):
    """How a key is replaced."""

    overlap_seconds: int = Field(DAY, ge=0, le=30 * 24 * 3600, description="the old one works so long")


@router.post("", status_code=201, dependencies=MAY)
def create_source(body: NewSource, uow: Transaction) -> SourceView:
    """Makes a source."""
    kinds = Kinds.of(body.event_kinds, body.page_kinds)
    return SourceView.model_validate(commands.create_source(uow, body.name, kinds, body.origins))


@router.get("", dependencies=MAY)
def sources(uow: Transaction, paging: PagingDep) -> Page[SourceView]:
    """Sources by name."""
    rows = queries.sources(uow, paging.after, paging.fetch)
    return paging.page(rows, lambda row: (row.name, row.id), SourceView.model_validate)


@router.get("/{id}", dependencies=MAY)
def one_source(id: Id, uow: Transaction) -> SourceView:
    """One source."""
    return SourceView.model_validate(queries.source(uow, id))


@router.patch("/{id}", dependencies=MAY)
def change_source(id: Id, body: SourceChange, uow: Transaction) -> SourceView:
    """Renames it, replaces its tables or origins, for events from now on (keys learn it within a minute)."""
    kinds = None
    if body.event_kinds is not None or body.page_kinds is not None:
        before = queries.source(uow, id)
        events = before.event_kinds if body.event_kinds is None else body.event_kinds
        kinds = Kinds.of(events, before.page_kinds if body.page_kinds is None else body.page_kinds)
    return SourceView.model_validate(commands.change_source(uow, id, body.name, kinds, body.origins))


@router.get("/{id}/write-keys", dependencies=MAY)
def write_keys(id: Id, uow: Transaction) -> Page[KeyView]:
    """All keys of a source, the newest first; a source has few."""
    queries.source(uow, id)
    return Page(items=[KeyView.model_validate(key) for key in queries.write_keys(uow, id)])


@router.post("/{id}/write-keys", status_code=201, dependencies=MAY)
def add_write_key(id: Id, uow: Transaction) -> NewKeyView:
    """Makes a key. Its text is in this answer and nowhere else."""
    return _new(*commands.add_write_key(uow, id))


@router.post("/{id}/write-keys/{key}/rotate", status_code=201, dependencies=MAY)
def rotate(id: Id, key: Id, uow: Transaction, body: Rotation | None = None) -> NewKeyView:
    """Makes a key in the place of one that goes on working for a while."""
    overlap = timedelta(seconds=(body.overlap_seconds if body else DAY))
    return _new(*commands.rotate_write_key(uow, id, key, overlap))


@router.post("/{id}/write-keys/{key}/revoke", dependencies=MAY)
def revoke(id: Id, key: Id, uow: Transaction) -> KeyView:
    """Ends a key, everywhere within a minute."""
    return KeyView.model_validate(commands.revoke_write_key(uow, id, key))


def _new(key: WriteKey, text: str) -> NewKeyView:
    return NewKeyView(**KeyView.model_validate(key).model_dump(), write_key=text)
