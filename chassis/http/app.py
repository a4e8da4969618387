"""From a service and its process to an ASGI app."""

import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_network

from fastapi import FastAPI
from fastapi.routing import APIRoute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from chassis.auth import TokenVerifier
from chassis.http import dead_letters, openapi, problems
from chassis.http.contract import Edge, HttpRuntime, HttpService
from chassis.http.dead_letters import dead_letter_router
from chassis.http.edge import EdgeMiddleware
from chassis.http.routing import Route
from chassis.http.rules import rules_of
from chassis.http.signing import Signer
from chassis.http.transactions import Admission
from chassis.waiting import Waiters

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(service: HttpService, runtime: HttpRuntime, *, lifespan: Lifespan | None = None) -> FastAPI:
    """The service's API. Nothing is opened; `lifespan` runs around the serving."""
    app = FastAPI(
        title=f"SalesCompass {service.name}",
        version="1",
        openapi_url=f"/api/{service.name}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.edge = _edge(runtime)
    for router in (dead_letter_router(service), *service.routers):
        _check_routes(router.routes)
        app.include_router(router)
    problems.install(app, {**dead_letters.ERRORS, **service.errors})
    openapi.install(app)
    app.add_middleware(EdgeMiddleware)
    return app


def _edge(runtime: HttpRuntime) -> Edge:
    key = base64.b64decode(runtime.settings.cursor_key.get_secret_value())
    return Edge(
        runtime=runtime,
        verifier=TokenVerifier(runtime.settings),
        admission=Admission(getattr(runtime.database, "pool_size", 10)),
        waiters=Waiters(runtime.database.connect),
        cursors=Signer(key, "cursor"),
        positions=Signer(key, "position"),
        rates=SlidingWindowCounterRateLimiter(MemoryStorage()),
        gateways=tuple(ip_network(one.strip()) for one in runtime.settings.gateways.split(",")),
    )


def _check_routes(routes: object) -> None:
    """Refuses a route that would be open, or have other rules than it reads as having."""
    for route in routes if isinstance(routes, list) else []:
        if not isinstance(route, APIRoute):
            continue
        if not isinstance(route, Route):
            raise TypeError(f"{route.path}: routes are declared on chassis.http.Router")
        if rules_of(route.endpoint) is not route.rules and rules_of(route.endpoint) != route.rules:
            raise TypeError(f"{route.path}: accepts() stands below the route decorator")
