"""The service APIs as the command calls them: signed in as a user, lists read to their end."""

from collections.abc import Iterator
from typing import Any, Self

import httpx
from stamina import retry_context

Json = dict[str, Any]
BUSY = {429, 502, 503, 504}


class ApiError(Exception):
    """An API refused; says what it said. `status` is 0 where none answered."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Away(ApiError):
    """Nobody answered, or the answer was to come again later."""


class Api:
    """One user's calls through the gateway. Blocks.

    What may be repeated (a GET, a POST with its key) is repeated for `patience` seconds while the system
    says that it is busy or does not answer.
    """

    def __init__(self, gateway: str, token: str, patience: float = 10) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=gateway, headers=headers, timeout=30)
        self.patience = patience

    def get(self, path: str, **params: str | int | None) -> Json:
        """The answer to a GET; raises `ApiError`."""
        return self.call("GET", path, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body: Json | None = None, key: str | None = None) -> Json:
        """The answer to a POST, repeated safely under the idempotency key; raises `ApiError`."""
        return self.call("POST", path, json=body or {}, headers={"idempotency-key": key} if key else {})

    def change(self, method: str, path: str, body: Json) -> Json:
        """The answer to a PUT or PATCH of a thing as it stands now; raises `ApiError`."""
        seen = self.answer("GET", path).headers["etag"]
        return self.call(method, path, json=body, headers={"if-match": seen})

    def items(self, path: str, **params: str | int | None) -> Iterator[Json]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **params)
            yield from page["items"]
            if not (cursor := page["next"]):
                return

    def call(self, method: str, path: str, **rest: Any) -> Json:
        """What one call answers, as JSON; the error names the method, the path and the problem."""
        answer = self.answer(method, path, **rest)
        return dict(answer.json()) if answer.content else {}

    def answer(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """The same, with its headers."""
        safe = method == "GET" or "idempotency-key" in rest.get("headers", {})
        for attempt in retry_context(on=Away, attempts=None if safe else 1, timeout=self.patience):
            with attempt:
                return self.once(method, path, **rest)
        raise AssertionError("the last attempt returns or raises")

    def once(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """One attempt."""
        try:
            answer = self.http.request(method, path, **rest)
        except httpx.TransportError as error:
            raise Away(f"{method} {path}: {error!r}. Is it up? Try `salescompass up`.") from error
        if answer.is_error:
            kind = Away if answer.status_code in BUSY else ApiError
            raise kind(f"{method} {path}: {answer.status_code} {answer.text[:500]}", answer.status_code)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
