"""Events in our own shape in, and the stored ones of a lead out."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from chassis.http import (
    Id,
    Page,
    PagingDep,
    Router,
    RuntimeDep,
    ScopeDep,
    Transaction,
    View,
    accepts,
    read_body,
)
from services.engagement import queries
from services.engagement.api.admission import LARGEST_BATCH, admitted, count, deliver, intake
from services.engagement.api.front_door import answer, events_of
from services.engagement.intake import Outcome
from services.engagement.models import StoredEvent

router = Router(prefix="/api/engagement/events", tags=["events"])


class EventView(View):
    """One stored event with all that its sender said."""

    id: UUID
    lead_id: UUID | None
    source_id: UUID
    message_id: str
    type: str
    kind: str
    occurred_at: datetime
    received_at: datetime
    path: str | None
    payload: dict[str, Any]


@router.post("", status_code=202)
@accepts(public=True, max_body=LARGEST_BATCH)
async def take(request: Request, runtime: RuntimeDep) -> JSONResponse:
    """Takes one event, or a list of up to 2,500, in our own shape; each has its own result."""
    grant = await admitted(request, runtime)
    body = events_of(await read_body(request, LARGEST_BATCH))
    items = body if isinstance(body, list) else [body]
    count(request, runtime, grant, len(items))

    def judge() -> list[Outcome]:
        outcomes = intake(runtime, grant).take_own(items)
        deliver(request, runtime, outcomes)
        return outcomes

    return answer(
        await run_in_threadpool(judge), lambda index: f"#/{index}" if isinstance(body, list) else "#"
    )


@router.get("")
def events(
    uow: Transaction, scope: ScopeDep, paging: PagingDep, lead_id: Id | None = None
) -> Page[EventView]:
    """Events of a lead, or without lead_id those that wait for a lead; the newest first.

    Of a lead that the caller may not see there are none; those that wait sees who sees every lead.
    """
    rows = queries.events(uow, scope, lead_id, paging.after, paging.fetch)
    return paging.page(rows, lambda row: (row.occurred_at, row.id), _view)


def _view(row: StoredEvent) -> EventView:
    plain = {name: getattr(row, name) for name in EventView.model_fields if name != "payload"}
    return EventView(payload=json.loads(row.payload), **plain)
