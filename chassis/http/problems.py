"""Every error as RFC 9457 problem+json. What went wrong inside never leaves the process."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import exc as sql
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis.auth import KeysUnavailable, Unauthenticated
from chassis.db import Contended, DatabaseUnavailable, PoolExhausted

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Request took too long",
    409: "Conflict",
    412: "Changed by somebody else",
    413: "Body too large",
    415: "Media type not accepted",
    422: "Not valid",
    428: "If-Match required",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}
ErrorTable = Mapping[type[Exception], tuple[int, str]]
"""Domain error to (status, title); its own text becomes the detail, its mapping `extra` further members."""


class Problem(HTTPException):
    """An answer that is an error. `errors` point into the body (`#/email`) or at `query:x`, `header:x`."""

    def __init__(
        self,
        status: int,
        title: str = "",
        detail: str = "",
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(status, detail or title, dict(headers or {}))
        self.title = title or TITLES.get(status, "Error")
        self.body = {"type": "about:blank", "title": self.title, "status": status}
        if detail:
            self.body["detail"] = detail
        if errors:
            self.body["errors"] = errors
        self.body |= extra

    def response(self) -> Response:
        """The answer as bytes. Every 404 is the same one, so that it tells nothing of what exists (G14)."""
        body = _not_found() if self.status_code == 404 else self.body
        return Response(
            json.dumps(body, default=str).encode(), self.status_code, self.headers, media_type=MEDIA_TYPE
        )


def _not_found() -> dict[str, Any]:
    return {"type": "about:blank", "title": TITLES[404], "status": 404}


def unavailable(detail: str, *, retry_after: int = 2) -> Problem:
    """503 with the seconds after which a retry makes sense."""
    return Problem(503, detail=detail, headers={"Retry-After": str(retry_after)})


def unauthenticated() -> Problem:
    """401 that says nothing about why."""
    return Problem(
        401,
        detail="A valid bearer token is needed.",
        headers={"WWW-Authenticate": 'Bearer realm="salescompass"'},
    )


def validation_problem(errors: list[dict[str, Any]]) -> Problem:
    """A malformed id in the path is 404, a bad parameter 400, a bad body 422."""
    places = {str(error["loc"][0]) for error in errors}
    if "path" in places:
        return Problem(404)
    found = [{"pointer": pointer(error["loc"]), "detail": _detail(error)} for error in errors]
    if any(error["type"] == "json_invalid" for error in errors) or places - {"body"}:
        return Problem(400, detail="The request is not well formed.", errors=found)
    return Problem(422, detail="The body does not hold what is asked for.", errors=found)


def faults_of(error: ValidationError, at: str = "#") -> list[dict[str, str]]:
    """What is wrong with a part of a body that was read by itself, each with its pointer from `at`."""
    return [
        {"pointer": at + pointer(("body", *fault["loc"]))[1:], "detail": _detail(fault)}
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def pointer(loc: tuple[int | str, ...]) -> str:
    """Where a fault is: a JSON pointer into the body, else the kind and name of the parameter."""
    place, *path = loc
    if place != "body":
        return f"{place}:{'.'.join(str(part) for part in path)}"
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{part}" for part in escaped)


def _detail(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def database_problem(error: Exception) -> Problem:
    """What an error of the database is to a caller: away or full is 503, a lost race 409, else ours (500)."""
    if isinstance(error, PoolExhausted | Contended):
        return unavailable("The database is busy.", retry_after=1)
    if isinstance(error, DatabaseUnavailable | sql.OperationalError):
        return unavailable("The database does not answer at the moment.")
    if isinstance(error, sql.IntegrityError):
        return Problem(409, detail="Another request changed the same thing at this moment.")
    return Problem(500)


Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI, errors: ErrorTable) -> None:
    """Makes an app answer with problems: its own errors by their table, all others by kind."""
    for kind, (status, title) in errors.items():
        app.add_exception_handler(kind, _from_table(status, title))
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(Unauthenticated, _on_unauthenticated)
    app.add_exception_handler(KeysUnavailable, _on_keys_unavailable)
    for kind in (DatabaseUnavailable, Contended, sql.SQLAlchemyError):
        app.add_exception_handler(kind, _on_database)


def _from_table(status: int, title: str) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        return Problem(status, title, str(error), **getattr(error, "extra", {})).response()

    return answer


async def _on_http(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.response()
    assert isinstance(error, HTTPException)
    return Problem(error.status_code, headers=error.headers).response()


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return validation_problem(list(error.errors())).response()


async def _on_unauthenticated(request: Request, error: Exception) -> Response:
    log.info("unauthenticated", reason=str(error))
    return unauthenticated().response()


async def _on_keys_unavailable(request: Request, error: Exception) -> Response:
    log.warning("keys_unavailable", reason=str(error))
    return unavailable("Sign-in cannot be checked at the moment.").response()


async def _on_database(request: Request, error: Exception) -> Response:
    problem = database_problem(error)
    level = log.error if problem.status_code == 500 else log.warning
    level("database_error", kind=type(error).__name__, exc_info=problem.status_code == 500)
    return problem.response()
