"""Events that could not be taken: seen, fixed, sent in again (F71)."""

import base64
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.http import Id, Page, PagingDep, RequestModel, Router, RuntimeDep, Transaction, View, require
from services.engagement import commands, queries
from services.engagement.models import RejectedEvent

router = Router(prefix="/api/engagement/rejected", tags=["rejected events"])
MAY = [require("admin", "marketing")]


class RejectedView(View):
    """One rejected event, without its content."""

    id: UUID
    source_id: UUID
    reason: str
    field: str | None
    shape: str
    state: str
    rejected_at: datetime
    replayed_at: datetime | None
    replayed_as: UUID | None


class RejectedContent(RejectedView):
    """The same with its content: text, or base64 of what is none. `cut`: it was too large to keep whole."""

    raw: str
    raw_encoding: Literal["utf-8", "base64"]
    cut: bool


class Replay(RequestModel):
    """What to send in place of the event as it came, in the same shape."""

    payload: dict[str, Any] | None = Field(None, description="left out: as it came")


@router.get("", dependencies=MAY)
def rejected(
    uow: Transaction,
    paging: PagingDep,
    state: Literal["open", "replayed"] | None = None,
    source_id: Id | None = None,
) -> Page[RejectedView]:
    """Rejected events, the newest first."""
    rows = queries.rejected(uow, state, source_id, paging.after, paging.fetch)
    return paging.page(rows, lambda row: (row.rejected_at, row.id), RejectedView.model_validate)


@router.get("/{id}", dependencies=MAY)
def one_rejected(id: Id, uow: Transaction) -> RejectedContent:
    """One rejected event as it came."""
    return _content(queries.rejection(uow, id))


@router.post("/{id}/replay", status_code=202, dependencies=MAY)
def replay(id: Id, uow: Transaction, runtime: RuntimeDep, body: Replay | None = None) -> RejectedView:
    """Sends it in again, fixed or as it came (after the source's table of kinds was changed, say)."""
    payload = body.payload if body else None
    return RejectedView.model_validate(commands.replay(uow, id, payload, runtime.vault.email_hash))


def _content(row: RejectedEvent) -> RejectedContent:
    plain = RejectedView.model_validate(row).model_dump()
    try:
        return RejectedContent(**plain, raw=row.raw.decode(), raw_encoding="utf-8", cut=row.cut)
    except UnicodeDecodeError:
        text = base64.b64encode(row.raw).decode()
        return RejectedContent(**plain, raw=text, raw_encoding="base64", cut=row.cut)
