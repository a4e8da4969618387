"""Rows of a file as leads, checked as the API checks them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from chassis.http import faults_of
from services.leads.api.bodies.leads import Entry, draft_of
from services.leads.commands import Entry as LeadEntry
from services.leads.commands.imports import Plan, Read
from services.leads.importing import Row, fields_of


def read_row(row: Row, plan: Plan, owner: UUID | None, now: datetime) -> Read:
    """A row as the lead that it describes."""
    told = {"lead_source": plan.source, "duplicates": plan.duplicates}
    said = told | fields_of(row.cells, plan.mapping)
    if faults := [*_faults(said)]:
        return Read(row, None, faults)
    try:
        body = Entry.model_validate(said)
    except ValidationError as error:
        return Read(row, None, _named(faults_of(error)))
    return Read(row, LeadEntry(draft_of(body, now), owner, body.duplicates))


def _faults(said: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What a table can do that a body cannot."""
    if not said.keys() - {"lead_source", "duplicates"}:
        yield {"column": "", "detail": "No mapped column has anything in it."}
    for name, cell in said.items():
        if "\x00" in cell:
            yield {"column": name, "detail": "must not contain the character NUL"}
        if name != "description" and ("\n" in cell or "\r" in cell):
            yield {"column": name, "detail": "has a line break: perhaps a quote that does not close"}


def _named(faults: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"column": fault["pointer"].removeprefix("#/"), "detail": fault["detail"]} for fault in faults]
