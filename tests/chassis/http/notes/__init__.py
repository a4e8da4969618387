"""A service of one table, for the tests of the HTTP edge."""

import threading
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import sqlalchemy as sa
from fastapi import Depends, Query, Request, Response
from pydantic import Field

from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.http import (
    CallerDep,
    Id,
    IdempotencyKey,
    Page,
    PagingDep,
    RequestModel,
    RequiredIfMatch,
    Router,
    Timestamp,
    Transaction,
    UnitsDep,
    View,
    accepts,
    etag,
    rate_limit,
    read_json,
    require,
)
from chassis.http.rates import enforce_rate

router = Router(prefix="/api/notes", tags=["notes"])
gate = threading.Event()
"""A slow request waits for it."""
repaired = threading.Event()
"""From here on the odd status is known."""
watched = threading.Event()
"""Somebody waits for a star from here on."""
collisions: list[None] = []
"""Races that starring is going to lose."""


consumers = Consumers("notes")


@consumers.on("leads.lead", "LeadStatusChanged")
def lead_moved(uow: UnitOfWork, event: Event) -> None:
    """A note of each move; none of a lead whose status nobody knows."""
    if event.record["status"] == "odd" and not repaired.is_set():
        raise ValueError("no such status")
    text = f"{event.record['version']} {event.record['status']}"
    uow.session.execute(sa.insert(notes).values(tenant_id=uow.tenant, id=uuid4(), text=text))


class NoteNotFound(Exception):
    """There is no such note."""


class NoteLocked(Exception):
    """The note cannot be changed now."""


ERRORS: dict[type[Exception], tuple[int, str]] = {
    NoteNotFound: (404, "Note not found"),
    NoteLocked: (409, "Note is locked"),
}

notes = sa.table(
    "notes", *(sa.column(n) for n in ("tenant_id", "id", "text", "stars", "version", "created_at"))
)
Positive = Annotated[int, Field(ge=0, le=5)]


class NewNote(RequestModel):
    """A note to be."""

    text: str = Field(min_length=1, max_length=200)
    stars: Positive = 0
    pinned: bool = False
    remind_at: Timestamp | None = None
    about: Id | None = None
    extra: dict[str, Any] = {}  # noqa: RUF012


class NoteChange(RequestModel):
    """A new text."""

    text: str = Field(min_length=1, max_length=200)


class NoteView(View):
    """A note."""

    id: UUID
    text: str
    stars: int
    version: int
    created_at: datetime


def _find(uow: Any, note: UUID) -> NoteView:
    row = uow.session.execute(sa.select(notes).where(notes.c.id == note).with_for_update()).one_or_none()
    if row is None:
        raise NoteNotFound(f"note {note}")
    return NoteView.model_validate(row._mapping)


@router.post("", status_code=201)
@accepts(idempotency_key="required")
def write(body: NewNote, uow: Transaction, response: Response) -> NoteView:
    """Writes a note."""
    note = uuid4()
    uow.session.execute(
        sa.insert(notes).values(tenant_id=uow.tenant, id=note, text=body.text, stars=body.stars)
    )
    if body.text == "wait":
        gate.wait(10)
    if body.text == "locked":
        raise NoteLocked("Somebody is writing.")
    if body.text == "bug":
        raise ZeroDivisionError("secret internals")
    response.headers["ETag"] = etag(1)
    return _find(uow, note)


@router.get("")
def browse(
    uow: Transaction,
    paging: PagingDep,
    stars: Positive | None = None,
    sort: Annotated[Literal["created_at", "text"], Query()] = "created_at",
) -> Page[NoteView]:
    """Notes, oldest first."""
    order = sa.tuple_(notes.c.created_at, notes.c.id)
    query = sa.select(notes).order_by(notes.c.created_at, notes.c.id).limit(paging.fetch)
    if stars is not None:
        query = query.where(notes.c.stars == stars)
    if paging.after:
        query = query.where(order > sa.tuple_(*(sa.literal(value) for value in paging.after)))
    rows = uow.session.execute(query).all()
    return paging.page(
        rows, lambda row: (row.created_at, row.id), lambda row: NoteView.model_validate(row._mapping)
    )


@router.get("/busy")
def busy(uow: Transaction) -> dict[str, int]:
    """Holds a connection until the gate opens."""
    uow.session.execute(sa.text("SELECT 1"))
    gate.wait(10)
    return {}


@router.get("/{note}")
def show(note: Id, uow: Transaction, response: Response) -> NoteView:
    """A note."""
    found = _find(uow, note)
    response.headers["ETag"] = etag(found.version)
    return found


@router.patch("/{note}")
def change(note: Id, body: NoteChange, uow: Transaction, seen: RequiredIfMatch) -> NoteView:
    """Changes the text."""
    found = _find(uow, note)
    seen.check(found.version)
    uow.session.execute(
        sa.update(notes).where(notes.c.id == note).values(text=body.text, version=found.version + 1)
    )
    return _find(uow, note)


@router.post("/{note}/star", dependencies=[require("admin", "manager")])
def star(note: Id, uow: Transaction) -> NoteView:
    """Adds a star; loses as many races as are planned."""
    if collisions:
        collisions.pop()
        uow.session.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))
    uow.session.execute(sa.update(notes).where(notes.c.id == note).values(stars=notes.c.stars + 1))
    uow.wake(note)
    return _find(uow, note)


@router.get("/{note}/starred")
async def starred(note: Id, units: UnitsDep) -> NoteView:
    """The note, once it has a star, or as it is after 20 seconds."""

    def look(uow: UnitOfWork) -> NoteView:
        return _find(uow, note)

    def begin(uow: UnitOfWork) -> NoteView:
        found = look(uow)
        watched.set()
        return found

    return await units.follow(note, begin, look, lambda found: found.stars > 0, 20)


@router.post("/send")
@accepts(idempotency_key="own")
def send(caller: CallerDep, key: IdempotencyKey) -> dict[str, str | None]:
    """Tells the key, of which the id of the effect would be made."""
    return {"caller": caller.login, "key": key}


@router.get("/limited/hello", dependencies=[rate_limit("hello", "2/minute")])
def limited() -> dict[str, str]:
    """Twice a minute for a tenant."""
    return {"hello": "you"}


async def _payload(request: Request) -> Any:
    enforce_rate(request, "ingest", "1000/minute", "key-1", cost=2)
    return await read_json(request, 10_000)


@router.post("/ingest", status_code=202)
@accepts(public=True, max_body=10_000)
def ingest(payload: Annotated[Any, Depends(_payload)]) -> dict[str, Any]:
    """Takes JSON under any name from anybody."""
    return {"got": payload}


@router.get("/broken/bug")
def bug() -> None:
    """Never works."""
    raise RuntimeError("password=hunter2")
