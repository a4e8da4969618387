"""What is said at the API of imports: how a file is to be taken in, and how far it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.http.models import RequestModel, View
from chassis.imports import Encoding, Result

Place = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,3})$")]
"""Place of a column, from 0."""


class ImportPlan(RequestModel):
    """How a file is taken in; what is left out stays as it was, or is found out."""

    mapping: Mapping[Place, str] | None = None
    dry_run: bool = False


class ImportOptions(ImportPlan):
    """How a file is read, and whether its rows are taken in at once or wait for a start."""

    encoding: Encoding | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    start: bool = True


class ColumnView(View):
    """A column of a file, and the field that it means."""

    index: int
    header: str
    field: str | None


class LikelyView(View):
    """Who may be the same as a row, and why."""

    object: Literal["account", "contact", "lead"]
    id: UUID
    score: int
    reasons: list[str]


class ForeseenView(View):
    """What would come of a row."""

    line: int
    fields: dict[str, str]
    result: Result
    errors: list[dict[str, str]]
    duplicates: list[LikelyView]


class ImportView(View):
    """A file on its way: how it is read, how far it is, what came of its rows.

    After a dry run it is `ready` again and the counts say what would have come.
    """

    id: UUID
    state: Literal["ready", "waiting", "running", "done", "failed", "cancelled"]
    file_name: str
    size: int
    encoding: str
    separator: str
    columns: list[ColumnView]
    duplicates: str
    dry_run: bool
    rows: int
    position: int
    created: int
    updated: int
    duplicate: int
    invalid: int
    detail: str | None
    errors: str
    """Where the rows of which nothing came are to be had, with the reasons."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class PreviewedView(View):
    """What would come of the first rows, as long as an import waits for its start."""

    preview: list[ForeseenView]
