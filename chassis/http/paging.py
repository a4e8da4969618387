"""Lists in pages. A cursor is signed and good only for the tenant, the filter and the order it came from."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request

from chassis.http.contract import edge
from chassis.http.models import View
from chassis.http.problems import Problem
from chassis.http.signing import Forged, Signer

T = TypeVar("T")
Row = TypeVar("Row")
MOST = 200
CURSOR_SECONDS = 24 * 3600
"""A cursor older than that is refused: the list has moved on."""

_OURS = frozenset({"cursor", "limit"})


class Page(View, Generic[T]):
    """Some of a list; `next` is the cursor of the following page, null at the end.

    `stream_position` is where to begin listening for changes to what the list shows.
    """

    items: list[T]
    next: str | None = None
    stream_position: str | None = None


@dataclass(frozen=True)
class Paging:
    """Which part of a list is asked for. `after` is the position of the last row seen, None at the start."""

    limit: int
    after: tuple[Any, ...] | None
    signer: Signer
    scope: str

    @property
    def fetch(self) -> int:
        """Rows to read: one more than a page, which tells whether there is a next one."""
        return self.limit + 1

    def page(
        self,
        rows: Sequence[Row],
        position: Callable[[Row], Sequence[Any]],
        view: Callable[[Row], T],
        stream_position: str | None = None,
    ) -> Page[T]:
        """A page of the `fetch` rows read. `position` gives the sort values of a row, unique at the end:
        text, numbers, UUIDs and datetimes; `after` brings them back as they were."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        following = self._cursor(position(shown[-1])) if more else None
        return Page(items=[view(row) for row in shown], next=following, stream_position=stream_position)

    def _cursor(self, position: Sequence[Any]) -> str:
        return self.signer.sign([int(time.time()), [_packed(value) for value in position]], self.scope)


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return {"u": str(value)} if isinstance(value, UUID) else value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return datetime.fromisoformat(value["t"]) if "t" in value else UUID(value["u"])


def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Paging:
    signer = edge(request).cursors
    scope = _scope(request)
    return Paging(limit, _after(signer, scope, cursor) if cursor is not None else None, signer, scope)


def _scope(request: Request) -> str:
    """Tenant, list, filter and order: all of the query but where and how much."""
    filters = sorted((k, v) for k, v in request.query_params.multi_items() if k not in _OURS)
    return f"{request.state.caller.tenant}{request.url.path}?{urlencode(filters)}"


def _after(signer: Signer, scope: str, cursor: str) -> tuple[Any, ...]:
    try:
        issued, position = signer.read(cursor, scope)
    except Forged:
        issued, position = 0, []
    if time.time() - issued > CURSOR_SECONDS:
        raise Problem(400, detail="The cursor is not one of this list.", errors=[_FAULT])
    return tuple(_unpacked(value) for value in position)


_FAULT = {"pointer": "query:cursor", "detail": "is not a cursor of this list"}

PagingDep = Annotated[Paging, Depends(_paging)]
