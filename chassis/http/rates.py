"""Limits on how often: per tenant, caller, key or address. Counted in this process alone."""

import math
import time
from typing import Any, Literal

from fastapi import Depends, Request
from limits import RateLimitItem, parse

from chassis.http.contract import edge
from chassis.http.problems import Problem

Per = Literal["tenant", "caller", "address"]


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


def _subject(request: Request, per: Per) -> str:
    """Whom to count. The address is the socket's: X-Forwarded-For is whatever a caller likes."""
    if per == "address":
        return request.client.host if request.client else "unknown"
    caller = request.state.caller
    return str(caller.tenant) if per == "tenant" else f"{caller.tenant}:{caller.user}"
