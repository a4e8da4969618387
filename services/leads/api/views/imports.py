"""A file on its way to be leads."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.http import View
from services.leads.api.views.duplicates import CandidateView
from services.leads.matching import Mode
from services.leads.models import Import


class ColumnView(View):
    """A column of a file, and the field that it means."""

    index: int
    header: str
    field: str | None


class ForeseenView(View):
    """What would come of a row."""

    line: int
    fields: dict[str, str]
    result: Literal["created", "updated", "duplicate", "invalid"]
    errors: list[dict[str, str]]
    duplicates: list[CandidateView]


class ImportView(View):
    """A file on its way to be leads: how it is read, how far it is, what came of its rows.

    After a dry run it is `ready` again and the counts say what would have come.
    """

    id: UUID
    state: Literal["ready", "waiting", "running", "done", "failed", "cancelled"]
    file_name: str
    size: int
    encoding: str
    separator: str
    columns: list[ColumnView]
    duplicates: Mode
    lead_source: str
    dry_run: bool
    rows: int
    position: int
    created: int
    updated: int
    duplicate: int
    invalid: int
    detail: str | None
    errors: str
    """Where the rows that became no lead are to be had, with the reasons."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class PreviewedImportView(ImportView):
    """An import with what would come of its first rows, as long as it waits for its start."""

    preview: list[ForeseenView]


def import_view(row: Import) -> ImportView:
    """As the API shows an import."""
    return ImportView(**import_fields(row))


def import_fields(row: Import) -> dict[str, Any]:
    """The fields of an import as the API shows them."""
    derived = {
        "columns": [
            {"index": n, "header": header, "field": row.mapping.get(str(n))}
            for n, header in enumerate(row.columns)
        ],
        "lead_source": row.source,
        "errors": f"/api/leads/imports/{row.id}/errors",
    }
    return {name: derived.get(name, getattr(row, name, None)) for name in ImportView.model_fields}
