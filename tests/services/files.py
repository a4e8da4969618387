"""Files that are uploaded to a service, and the worker that takes them in."""

import csv
import io
import json
from dataclasses import dataclass
from threading import Event
from types import SimpleNamespace
from typing import Any

import httpx

from chassis.imports import Importable, Importer
from tests.services.house import House

Json = dict[str, Any]


class Worker:
    """The role import, one turn at a time."""

    def __init__(self, house: House, kind: Importable[Any]) -> None:
        runtime = SimpleNamespace(database=house.database, vault=house.vault, clock=house.clock)
        self.importer = Importer(runtime, kind, Event())

    def work(self) -> None:
        """Until nothing is left to do."""
        while self.importer.import_due():
            pass


@dataclass(frozen=True)
class Files:
    """The imports of a service, as callers know them."""

    url: str
    plain: str
    """The file that is uploaded where nothing is said."""

    def upload(
        self, client: httpx.Client, file: str | bytes | None = None, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """A file as a browser sends it."""
        told = self.plain if file is None else file
        raw = told.encode() if isinstance(told, str) else told
        headers = {"idempotency-key": key} if key else {}
        form = {"options": json.dumps(options)} if options else {}
        return client.post(self.url, files={"file": ("list.csv", raw)}, data=form, headers=headers)

    def uploaded(self, client: httpx.Client, file: str | bytes | None = None, **options: Any) -> Json:
        """The import that a file became."""
        answer = self.upload(client, file, **options)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"{self.url}/{answer.json()['id']}"
        return dict(answer.json())

    def seen(self, client: httpx.Client, job: Json) -> Json:
        """The import as it is now."""
        answer = client.get(f"{self.url}/{job['id']}")
        assert answer.status_code == 200
        return dict(answer.json())

    def refused(self, client: httpx.Client, job: Json) -> list[dict[str, str]]:
        """The rows of the error file."""
        answer = client.get(f"{self.url}/{job['id']}/errors")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


def counts(job: Json) -> tuple[int, ...]:
    """Done, created, updated, duplicate, invalid."""
    return tuple(job[name] for name in ("position", "created", "updated", "duplicate", "invalid"))
