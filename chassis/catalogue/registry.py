"""The schema registry's Confluent API, over HTTP with time-outs. Knows nothing of topics and records."""

import json
import threading
import time
from typing import Any, Self
from urllib.parse import quote

import httpx

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
OPEN_SECONDS = 5.0
"""For so long after a failure nobody waits for the registry again (F13)."""


class RegistryUnavailable(ConnectionError):
    """The registry gives no usable answer now: wait, or go on from what is known."""


class NotFound(LookupError):
    """The registry says that it does not have it."""


class Incompatible(ValueError):
    """The registry refuses a schema that would break readers or writers of older versions (F11)."""


class Registry:
    """A registry that speaks `/subjects`, `/schemas` and `/config`. Every call blocks, at most 7 seconds.

    After a failure the circuit stays open for 5 seconds: calls raise RegistryUnavailable at once.
    """

    def __init__(self, url: str) -> None:
        time_out = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=time_out)
        self._shut_until = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        """Makes a schema the next version of a subject, or finds it there; its id. Raises Incompatible."""
        answer = self._call("POST", f"/subjects/{quote(subject)}/versions", _body(schema))
        return int(answer["id"])

    def find(self, subject: str, schema: dict[str, Any]) -> int:
        """Id of a schema that is registered under a subject; raises NotFound."""
        return int(self._call("POST", f"/subjects/{quote(subject)}", _body(schema))["id"])

    def schema(self, id: int) -> dict[str, Any]:
        """The schema of an id; raises NotFound."""
        found: dict[str, Any] = json.loads(self._call("GET", f"/schemas/ids/{id}")["schema"])
        return found

    def subjects_of(self, id: int) -> set[str]:
        """Subjects under which an id is registered; raises NotFound."""
        return {str(entry["subject"]) for entry in self._call("GET", f"/schemas/ids/{id}/versions")}

    def require_compatibility(self, subject: str, level: str = "FULL_TRANSITIVE") -> None:
        """Sets the rule by which later versions of a subject are judged."""
        self._call("PUT", f"/config/{quote(subject)}", {"compatibility": level})

    def ping(self) -> bool:
        """Whether the registry answers."""
        try:
            self._call("GET", "/subjects?limit=1")
        except RegistryUnavailable:
            return False
        return True

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if time.monotonic() < self._shut_until:
            raise RegistryUnavailable("the registry did not answer a moment ago")
        try:
            response = self._http.request(method, path, json=body)
            return _judged(response)
        except (httpx.HTTPError, ValueError) as error:
            if isinstance(error, Incompatible):
                raise
            self._open()
            raise RegistryUnavailable(f"the registry at {self._http.base_url}: {error!r}") from error

    def _open(self) -> None:
        with self._lock:
            self._shut_until = time.monotonic() + OPEN_SECONDS


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schema": json.dumps(schema), "schemaType": "AVRO"}


def _judged(response: httpx.Response) -> Any:
    """The answer, or the error that its status stands for."""
    if response.status_code == 404:
        raise NotFound(response.text[:500])
    if response.status_code in (409, 422):
        raise Incompatible(response.text[:2000])
    response.raise_for_status()
    return response.json()
