"""Dead letters of a service over HTTP: to look at, replay in order, give up.

A tenant's are for its admins. Those of no tenant that could be told are for the operator.
"""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request

from chassis.auth import OPERATOR
from chassis.consumer.records import Decoder
from chassis.dead_letters import DeadLetter, Replayer, discard, list_letters, show
from chassis.dead_letters.desk import NoSuchLetter
from chassis.http.contract import edge
from chassis.http.deps import CallerDep, Transaction, require
from chassis.http.models import Id, View
from chassis.http.paging import Page, PagingDep
from chassis.http.problems import ErrorTable
from chassis.http.routing import Router
from chassis.http.rules import accepts

ERRORS: ErrorTable = {NoSuchLetter: (404, "Not found")}
ADMIN = [require("admin", OPERATOR)]


class LetterView(View):
    """A record that could not be applied or sent, and why."""

    id: UUID
    group: str
    topic: str
    partition: int
    position: int
    key: str | None
    cause: str
    detail: str
    attempts: int
    state: Literal["waiting", "replayed", "discarded"]
    stored_at: datetime
    settled_at: datetime | None
    parked: bool


class WholeLetterView(LetterView):
    """A letter with its bytes (base64) and headers, as they came."""

    raw: str | None
    header_list: list[tuple[str, str | None]]


class ReplayView(View):
    """How many letters of the key were applied; the one that failed again, if one did."""

    replayed: int
    failed: UUID | None
    detail: str


def dead_letter_router(service: Any) -> Router:
    """The routes under `/api/<service>/dead-letters`."""
    router = Router(prefix=f"/api/{service.name}/dead-letters", tags=["dead letters"])
    _show_letters(router)
    _settle_letters(router, service)
    return router


def _show_letters(router: Router) -> None:
    @router.get("", dependencies=ADMIN)
    @accepts(operator=True)
    def list_dead_letters(
        uow: Transaction,
        paging: PagingDep,
        state: Annotated[Literal["waiting", "replayed", "discarded"] | None, Query()] = None,
    ) -> Page[LetterView]:
        """The tenant's dead letters, the newest first."""
        before = paging.after[0] if paging.after else None
        letters = list_letters(uow, state=state, before=before, limit=paging.fetch)
        return paging.page(letters, lambda letter: (letter.sequence,), LetterView.model_validate)

    @router.get("/{letter}", dependencies=ADMIN)
    @accepts(operator=True)
    def show_dead_letter(letter: Id, uow: Transaction) -> WholeLetterView:
        """One dead letter with its bytes."""
        return _whole(show(uow, letter))


def _settle_letters(router: Router, service: Any) -> None:
    @router.post("/{letter}/replay", dependencies=ADMIN)
    @accepts(operator=True)
    def replay_dead_letter(letter: Id, request: Request, caller: CallerDep) -> ReplayView:
        """Applies all waiting letters of its key in their order; stops at the first that fails again."""
        done = _replayer(service, request).replay(caller.tenant, f"user:{caller.user}", letter)
        return ReplayView(replayed=done.letters, failed=done.failed, detail=done.detail)

    @router.post("/{letter}/discard", dependencies=ADMIN)
    @accepts(operator=True)
    def discard_dead_letter(letter: Id, uow: Transaction) -> WholeLetterView:
        """Gives a letter up; its key is free when none waits any more. Settled already: a no-op."""
        discard(uow, letter)
        return _whole(show(uow, letter))


def _whole(letter: DeadLetter) -> WholeLetterView:
    raw = None if letter.value is None else base64.b64encode(letter.value).decode()
    view = LetterView.model_validate(letter)
    return WholeLetterView(**dict(view), raw=raw, header_list=list(letter.headers))


def _replayer(service: Any, request: Request) -> Replayer:
    """The process's replayer, made at the first replay."""
    here = edge(request)
    with here.once:
        if _replayer not in here.shared:
            runtime = here.runtime
            consumers = service.consumers and service.consumers.within(runtime)
            decoder = Decoder(
                runtime.codec, runtime.catalogue, consumers.group if consumers else service.name
            )
            here.shared[_replayer] = Replayer(runtime.database, consumers, decoder)
        found = here.shared[_replayer]
    assert isinstance(found, Replayer)
    return found
