"""What a route asks of its callers, declared beside the endpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from chassis.http.bodies import DEFAULT_LIMIT, SLOWEST_SECONDS

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Keeping = Literal["optional", "required", "own", "derived"]


@dataclass(frozen=True)
class Rules:
    """What a route asks of its callers beyond its parameters."""

    public: bool = False
    idempotency_key: Keeping = "optional"
    max_body: int = DEFAULT_LIMIT
    body_seconds: float = SLOWEST_SECONDS
    operator: bool = False


def accepts(
    *,
    public: bool = False,
    operator: bool = False,
    idempotency_key: Keeping = "optional",
    max_body: int = DEFAULT_LIMIT,
    body_seconds: float = SLOWEST_SECONDS,
) -> Callable[[Endpoint], Endpoint]:
    """Declares an endpoint's rules; stands between the route decorator and the function.

    public: no bearer token, hence no CallerDep and no Transaction. idempotency_key: `own` means required and
    not kept here, because the endpoint derives the id of its effect from it (IdempotencyKey); `derived` the
    same where it is given (a form is never sent twice with the same bytes).
    max_body: bytes, unpacked; body_seconds: from its first byte to its last. operator: also who is of no
    tenant may call it.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        rules = Rules(public, idempotency_key, max_body, body_seconds, operator)
        endpoint.__rules__ = rules  # type: ignore[attr-defined]
        return endpoint

    return mark


def rules_of(endpoint: Callable[..., Any]) -> Rules:
    """The rules that an endpoint was declared with, else the strict ones."""
    found = getattr(endpoint, "__rules__", Rules())
    assert isinstance(found, Rules)
    return found
