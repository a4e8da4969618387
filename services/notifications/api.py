"""HTTP in: alerts, the own inbox, the live stream, the clock."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from chassis.auth import Caller
from chassis.http import (
    CallerDep,
    ErrorTable,
    Id,
    Page,
    PagingDep,
    RequestModel,
    Router,
    RuntimeDep,
    ScopeDep,
    Timestamp,
    Transaction,
    View,
    require,
)
from chassis.ids import NOBODY
from services.notifications import commands, queries
from services.notifications.domain import (
    AlertKind,
    AlertState,
    AlreadyResolved,
    ItemState,
    NotFound,
    NoticeKind,
    OnlyForward,
    RealTime,
    Severity,
)
from services.notifications.live import LIVE
from services.notifications.queries import AlertView, ItemView, Wanted


def only_visible(alert: Id, uow: Transaction, scope: ScopeDep) -> None:
    """Answers for an alert about what the caller may not see as for one that is not there (F107)."""
    queries.only_visible(uow, scope, alert)


router = Router(prefix="/api/notifications", tags=["notifications"], guards={"alert": only_visible})
ERRORS: ErrorTable = {
    NotFound: (404, "Not found"),
    AlreadyResolved: (409, "Already resolved"),
    OnlyForward: (409, "The clock only goes forward"),
    RealTime: (403, "Not in production"),
}

Position = Annotated[str | None, Depends(LIVE.position)]
"""Where to listen from, told before the list is read: what comes later is on the stream."""

TICK_SECONDS = 5.0

Kind = Literal[AlertKind, NoticeKind]
"""Of what a list of alerts shows; a notice stands there as an alert that is over."""


class Inbox(Page[ItemView]):
    """A page of the caller's inbox with what is unread in all of it, by severity."""

    unread: dict[str, int]


class Journey(RequestModel):
    """Where the business clock is to go."""

    to: Timestamp


class ClockView(View):
    """The business time after a journey, and what it is ahead of the wall clock."""

    time: datetime
    ahead_seconds: float


@router.get("/alerts")
def list_alerts(
    uow: Transaction,
    scope: ScopeDep,
    runtime: RuntimeDep,
    paging: PagingDep,
    position: Position,
    subject_id: Annotated[Id | None, Query()] = None,
    state: Annotated[AlertState | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    severity: Annotated[Severity | None, Query()] = None,
) -> Page[AlertView]:
    """The alerts about what the caller may see, the newest first."""
    wanted = Wanted(subject_id, state, kind, severity)
    rows = queries.list_alerts(uow, runtime.vault, scope, wanted, _position(paging.after), paging.fetch)
    return paging.page(
        rows, position=lambda row: (row.raised_at, row.id), view=lambda row: row, stream_position=position
    )


@router.get("/alerts/{alert}")
def get_alert(alert: Id, uow: Transaction, runtime: RuntimeDep) -> AlertView:
    """One alert."""
    return queries.get_alert(uow, runtime.vault, alert)


@router.post("/alerts/{alert}/acknowledge")
def acknowledge_alert(alert: Id, uow: Transaction, runtime: RuntimeDep) -> AlertView:
    """Takes notice of an alert; again is a no-op, 409 once its cause has ended."""
    commands.acknowledge_alert(uow, alert)
    uow.flush()
    return queries.get_alert(uow, runtime.vault, alert)


@router.get("/inbox")
def list_inbox(
    uow: Transaction,
    runtime: RuntimeDep,
    caller: CallerDep,
    paging: PagingDep,
    position: Position,
    state: Annotated[ItemState | None, Query()] = None,
) -> Inbox:
    """The caller's own inbox, the newest first, without what is archived unless asked for."""
    after = _position(paging.after)
    rows = queries.list_inbox(uow, runtime.vault, caller.user, state, after, paging.fetch)
    page = paging.page(rows, position=lambda row: (row.notified_at, row.id), view=lambda row: row)
    unread = queries.unread_counts(uow, caller.user)
    return Inbox(items=page.items, next=page.next, stream_position=position, unread=unread)


@router.post("/inbox/{item}/read")
def mark_read(item: Id, uow: Transaction, runtime: RuntimeDep, caller: CallerDep) -> ItemView:
    """Marks an own item as read."""
    return _marked(uow, runtime, caller, item, "read")


@router.post("/inbox/{item}/unread")
def mark_unread(item: Id, uow: Transaction, runtime: RuntimeDep, caller: CallerDep) -> ItemView:
    """Marks an own item as unread."""
    return _marked(uow, runtime, caller, item, "unread")


@router.post("/inbox/{item}/archive")
def archive(item: Id, uow: Transaction, runtime: RuntimeDep, caller: CallerDep) -> ItemView:
    """Puts an own item away."""
    return _marked(uow, runtime, caller, item, "archived")


@router.get("/stream")
async def stream(request: Request, caller: CallerDep) -> Response:
    """Server-sent events of the tenant; resumes after Last-Event-ID without gap or repeat."""
    return await LIVE.serve(request, caller)


@router.get("/clock")
def read_clock(uow: Transaction) -> ClockView:
    """The business time, and what it is ahead of the wall clock."""
    return ClockView(time=uow.now, ahead_seconds=(uow.now - datetime.now(UTC)).total_seconds())


@router.post("/clock", dependencies=[require("admin", "service")])
def travel(body: Journey, runtime: RuntimeDep, caller: CallerDep) -> ClockView:
    """Sets the business clock forward for everybody, never in production; answers when it is followed."""
    production = runtime.settings.environment == "production"

    def go(uow: Transaction) -> timedelta:
        return commands.travel_to(uow, body.to, production=production)

    ahead = runtime.database.run(NOBODY, f"user:{caller.user}", go)
    _await_tick(runtime, body.to)
    return ClockView(time=max(body.to, runtime.clock.now()), ahead_seconds=ahead.total_seconds())


def _await_tick(runtime: RuntimeDep, target: datetime) -> None:
    """Waits until the tick of a journey has come round; without the clock role it comes later."""
    deadline = time.monotonic() + TICK_SECONDS
    while runtime.clock.now() < target and time.monotonic() < deadline:
        time.sleep(0.05)


def _marked(uow: Transaction, runtime: RuntimeDep, caller: Caller, item: UUID, state: ItemState) -> ItemView:
    commands.set_item_state(uow, caller.user, item, state)
    uow.flush()
    return queries.get_item(uow, runtime.vault, caller.user, item)


def _position(after: tuple[object, ...] | None) -> queries.After:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    if after is None:
        return None
    moment, id = after
    assert isinstance(moment, datetime)
    assert isinstance(id, UUID)
    return moment, id
