"""What endpoints ask for: the caller, the transaction, the process."""

from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.auth import Caller
from chassis.colleagues import Scope, scope_of
from chassis.db import UnitOfWork
from chassis.http.contract import edge
from chassis.http.idempotency import checked_key
from chassis.http.problems import Problem
from chassis.http.transactions import Units
from chassis.runtime import Runtime


async def _caller(request: Request) -> Caller:
    caller = request.state.caller
    if caller is None:
        raise RuntimeError("a public route has no caller")
    assert isinstance(caller, Caller)
    return caller


async def _transaction(request: Request) -> Any:
    return await request.state.work.open()


async def _units(request: Request) -> Units:
    here, caller = edge(request), await _caller(request)
    return Units(here.runtime.database, here.admission, here.waiters, caller, request.state.request_id)


async def _runtime(request: Request) -> Any:
    return edge(request).runtime


async def _idempotency_key(request: Request) -> str | None:
    return checked_key(request.headers.get("idempotency-key"), required=False)


CallerDep = Annotated[Caller, Depends(_caller)]
"""Who is calling."""

Transaction = Annotated[UnitOfWork, Depends(_transaction)]
"""The request's unit of work: committed by the chassis before the answer leaves, rolled back on any error."""

UnitsDep = Annotated[Units, Depends(_units)]
"""Several transactions, one after another, in place of the one."""

RuntimeDep = Annotated[Runtime, Depends(_runtime)]
"""The process, for what is no transaction."""


def _scope(uow: Transaction, caller: CallerDep) -> Scope:
    return scope_of(uow, caller)


ScopeDep = Annotated[Scope, Depends(_scope)]
"""What the caller may see: one statement, however often it is asked for in a request."""

IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
"""The header; never None where the endpoint `accepts(idempotency_key="own")` or "required"."""


def require(*roles: str) -> Any:
    """A dependency that lets in who has one of the roles, and gives the Caller. Others get 403."""

    async def check(caller: CallerDep) -> Caller:
        if caller.roles.isdisjoint(roles):
            raise Problem(403, detail="Your roles do not allow this.")
        return caller

    return Depends(check)
