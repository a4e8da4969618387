"""What the HTTP edge asks of the service and of the process that it serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from threading import Lock
from typing import Any, Protocol

from fastapi import APIRouter, Request
from limits.strategies import SlidingWindowCounterRateLimiter
from pydantic import SecretStr

from chassis.auth import AuthSettings, TokenVerifier
from chassis.http.signing import Signer
from chassis.http.transactions import Admission, UnitsOfWork
from chassis.waiting import Waiters


class HttpSettings(AuthSettings, Protocol):
    """Settings that the edge reads, beyond those of sign-in."""

    @property
    def environment(self) -> Any:
        """`local` or `production`."""

    @property
    def cursor_key(self) -> SecretStr:
        """Signs cursors and stream positions."""

    @property
    def gateways(self) -> str:
        """Networks whose word about a caller's address is taken."""


class HttpRuntime(Protocol):
    """The parts of a process that the edge uses."""

    @property
    def settings(self) -> HttpSettings:
        """Of the service."""

    @property
    def database(self) -> UnitsOfWork:
        """As the row-bound role."""


class HttpService(Protocol):
    """What a service gives to be served."""

    @property
    def name(self) -> str:
        """As in /api/<name>."""

    @property
    def routers(self) -> Sequence[APIRouter]:
        """Its routes, with whole paths."""

    @property
    def errors(self) -> Mapping[type[Exception], tuple[int, str]]:
        """Domain error to (status, title)."""


@dataclass(frozen=True)
class Edge:
    """What one app carries from its making to each of its requests."""

    runtime: Any
    verifier: TokenVerifier
    admission: Admission
    waiters: Waiters
    cursors: Signer
    positions: Signer
    rates: SlidingWindowCounterRateLimiter
    gateways: tuple[IPv4Network | IPv6Network, ...]
    shared: dict[Any, Any] = field(default_factory=dict)
    """What is made at its first use and then shared by all requests; `once` guards it."""
    once: Lock = field(default_factory=Lock)


def edge(request: Request) -> Edge:
    """The edge of the app that a request came to."""
    found = request.app.state.edge
    assert isinstance(found, Edge)
    return found
