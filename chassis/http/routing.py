"""Routes: signed-in callers only unless declared public, strict bodies, one transaction each."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from chassis.auth import OPERATOR
from chassis.db import TRIES, Contended
from chassis.http import idempotency
from chassis.http.bodies import StrictRequest
from chassis.http.contract import edge
from chassis.http.openapi import describe
from chassis.http.problems import Problem, unauthenticated
from chassis.http.rules import Rules, rules_of
from chassis.http.transactions import Replayed, Work

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Route(APIRoute):
    """A route of a service, see the module."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.rules = rules_of(endpoint)
        super().__init__(path, endpoint, **describe(self.rules, options))

    def get_route_handler(self) -> Handler:
        """The endpoint with everything that is done around it."""
        endpoint = super().get_route_handler()
        has_model = self.body_field is not None

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            strict.limit, strict.seconds = self.rules.max_body, self.rules.body_seconds
            _refuse_nul(strict)
            strict.state.caller = None if self.rules.public else await _caller(strict, self.rules)
            if has_model:
                await _require_json(strict)
            return _unless_known(strict, await _in_transaction(strict, self.rules, endpoint))

        return handle


class Router(APIRouter):
    """An APIRouter whose routes are ours."""

    def __init__(
        self,
        prefix: str = "",
        tags: list[str | Enum] | None = None,
        guards: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        """`guards`: for an id in paths (`lead`) a dependency that every route with it calls before all else.

        It gets the id under its name and raises where the caller may not see the thing.
        """
        super().__init__(prefix=prefix, tags=tags, route_class=Route, redirect_slashes=False)
        self._guards = guards or {}

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """The route, behind the guards of the ids that its path names."""
        whole = self.prefix + path
        guards = [Depends(guard) for name, guard in self._guards.items() if f"{{{name}}}" in whole]
        options["dependencies"] = [*guards, *(options.get("dependencies") or ())]
        super().add_api_route(path, endpoint, **options)


async def _in_transaction(request: StrictRequest, rules: Rules, endpoint: Handler) -> Response:
    """The answer of the endpoint, its effect committed; done again when only the timing was wrong (F17)."""
    attempt = await _attempt(request, rules)
    for tries in range(1, TRIES):
        try:
            return await _once(request, attempt, endpoint)
        except Contended:
            await asyncio.sleep(random.uniform(0, 0.02 * 2**tries))  # noqa: S311
    return await _once(request, attempt, endpoint)


async def _once(request: StrictRequest, attempt: idempotency.Attempt | None, endpoint: Handler) -> Response:
    here = edge(request)
    work = Work(
        here.runtime.database, here.admission, request.state.caller, attempt, request.state.request_id
    )
    request.state.work = work
    try:
        answer = await endpoint(request)
        await work.complete(answer)
    except Replayed as done:
        await work.rest()
        return done.answer
    except BaseException as error:
        await work.abandon(error)
        raise
    return answer


async def _attempt(request: StrictRequest, rules: Rules) -> idempotency.Attempt | None:
    """The request under its Idempotency-Key, if it has one that is kept here."""
    if request.method not in UNSAFE:
        return None
    required = rules.idempotency_key in ("required", "own")
    key = idempotency.checked_key(request.headers.get("idempotency-key"), required=required)
    caller = request.state.caller
    if key is None or caller is None or rules.idempotency_key in ("own", "derived"):
        return None
    target = request.url.path + "?" + request.url.query
    asked = idempotency.fingerprint(request.method, target, await request.body())
    return idempotency.Attempt(caller.tenant, str(caller.user), key, asked)


async def _caller(request: Request, rules: Rules) -> Any:
    """Who is calling. Raises Problem 401 or 403, Unauthenticated, KeysUnavailable."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(request.headers.getlist("authorization")) != 1:
        raise unauthenticated()
    caller = await run_in_threadpool(edge(request).verifier.verify, token.strip())
    if OPERATOR in caller.roles and not rules.operator:
        raise Problem(403, detail="An operator is of no tenant, and this belongs to one.")
    return caller


async def _require_json(request: StrictRequest) -> None:
    """Raises Problem 415 for a body of another media type or charset."""
    kind, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = [p.partition("=")[2].strip(' "') for p in parameters if p.strip().startswith("charset")]
    if kind.strip() == "application/json" and all(c in ("utf-8", "utf8") for c in charsets):
        return
    if await request.body():
        raise Problem(415, detail="The body must be application/json in UTF-8.")


def _refuse_nul(request: Request) -> None:
    """No id and no filter contains NUL, and the database takes none."""
    if "\x00" in request.scope["path"]:
        raise Problem(404)
    if "\x00" in str(request.query_params):
        raise Problem(400, detail="The query must not contain the character NUL.")
    if "%00" in request.scope["query_string"].decode("latin-1"):
        raise Problem(400, detail="The query must not contain the character NUL.")


def _unless_known(request: Request, answer: Response) -> Response:
    """304 in place of an answer that the caller says it has."""
    tag = answer.headers.get("etag")
    asked = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    if request.method != "GET" or answer.status_code != 200 or not tag or tag not in asked:
        return answer
    return Response(status_code=304, headers={"ETag": tag})
