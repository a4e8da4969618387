"""Limits on how often: per tenant, caller, key or address. Counted in this process alone."""

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Literal

from fastapi import Depends, Request
from limits import RateLimitItem, parse

from chassis.http.contract import edge
from chassis.http.problems import Problem

Per = Literal["tenant", "caller", "address"]
REAL_ADDRESS = "x-real-ip"
"""The header by which the gateway, and nobody else, says whose call it hands on."""


def rate_limit(name: str, allowed: str, *, per: Per = "tenant") -> Any:
    """A dependency that bounds a route: `dependencies=[rate_limit("search", "60/minute")]`."""
    item = parse(allowed)

    def count(request: Request) -> None:
        _enforce(request, name, item, _subject(request, per))

    return Depends(count)


def enforce_rate(request: Request, name: str, allowed: str, subject: str, *, cost: int = 1) -> None:
    """Counts `cost` against a subject such as a write key's id. Raises Problem 429.

    A cost above the whole allowance never passes: bound what one request may cost by it.
    """
    _enforce(request, name, parse(allowed), subject, cost)


def _enforce(request: Request, name: str, item: RateLimitItem, subject: str, cost: int = 1) -> None:
    limiter = edge(request).rates
    passed = limiter.hit(item, name, subject, cost=cost)
    reset_at, remaining = limiter.get_window_stats(item, name, subject)
    seconds = max(1, math.ceil(reset_at - time.time()))
    headers = {
        "RateLimit-Limit": str(item.amount),
        "RateLimit-Remaining": str(max(0, remaining)),
        "RateLimit-Reset": str(seconds),
    }
    request.state.answer_headers = {**getattr(request.state, "answer_headers", {}), **headers}
    if not passed:
        raise Problem(
            429,
            detail=f"At most {item.amount} per {item.get_expiry()} s.",
            headers={"Retry-After": str(seconds)},
        )


def client_address(request: Request) -> str:
    """Who calls: the socket's address, or where that is a gateway's what the gateway says.

    Of IPv6 the network: who has one address there has all of its /64.
    """
    address = request.client.host if request.client else ""
    try:
        if any(ip_address(address) in gateway for gateway in edge(request).gateways):
            address = request.headers.get(REAL_ADDRESS, address)
        known = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((known, 64), strict=False) if isinstance(known, IPv6Address) else known)


def _subject(request: Request, per: Per) -> str:
    """Whom to count."""
    if per == "address":
        return client_address(request)
    caller = request.state.caller
    return str(caller.tenant) if per == "tenant" else f"{caller.tenant}:{caller.user}"
