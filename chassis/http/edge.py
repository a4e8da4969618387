"""The outermost layer: request ids, security headers, refused methods, and the last catch of errors."""

import re
import time
from functools import cache
from typing import Any

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.problems import Problem
from chassis.ids import new_id
from chassis.telemetry import span

log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@cache
def _seconds() -> Histogram:
    return Histogram("http_request_seconds", "Time to answer", ["method", "route", "status"])


class EdgeMiddleware:
    """Wraps an app; see the module. X-Forwarded-* and X-Tenant are read by nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection of any kind."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        traceparent = Headers(scope=scope).get("traceparent")
        with span(traceparent), structlog.contextvars.bound_contextvars(request_id=exchange.id):
            await self._serve(exchange, scope, receive)
            exchange.record()

    async def _serve(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> None:
        if refusal := _refusal(scope):
            return await refusal.response()(scope, receive, exchange.send)
        try:
            await self._app(scope, receive, exchange.send)
        except Exception:
            log.exception("unexpected_error", method=scope["method"], route=exchange.route)
            if exchange.status:
                raise
            await _internal_error()(scope, receive, exchange.send)


def _refusal(scope: Scope) -> Problem | None:
    headers = Headers(scope=scope)
    if scope["method"] in ("TRACE", "CONNECT", "TRACK"):
        return Problem(405, headers={"Allow": "GET, POST, PUT, PATCH, DELETE"})
    if any(name in headers for name in _OVERRIDES):
        return Problem(400, detail="The method is the method.")
    return None


def _internal_error() -> Response:
    return Problem(500, detail="Something went wrong on our side. Quote the X-Request-Id.").response()


class _Exchange:
    """One request and its answer, as the edge sees them."""

    def __init__(self, scope: Scope, send: Send) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
        self.status = 0
        self._lasts = False
        self._scope = scope
        self._send = send
        self._began = time.monotonic()
        scope.setdefault("state", {})["request_id"] = self.id

    @property
    def route(self) -> str:
        """Path with names in place of ids, so that it can be a label and a log field."""
        return getattr(self._scope.get("route"), "path", "unmatched")

    async def send(self, message: Message) -> None:
        """Adds our headers to the answer as it leaves."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self._lasts = headers.get("content-type", "").startswith("text/event-stream")
            for name, value in self._ours().items():
                headers.setdefault(name, value)
        await self._send(message)

    def _ours(self) -> dict[str, Any]:
        extra = self._scope["state"].get("answer_headers", {})
        return {**SECURITY_HEADERS, **extra, "X-Request-Id": self.id}

    def record(self) -> None:
        """Counts and logs the exchange, without its query or body."""
        seconds = time.monotonic() - self._began
        if not self._lasts:
            _seconds().labels(self._scope["method"], self.route, self.status).observe(seconds)
        log.info(
            "request",
            method=self._scope["method"],
            route=self.route,
            status=self.status,
            ms=round(seconds * 1000, 1),
        )
