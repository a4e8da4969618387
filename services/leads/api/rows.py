"""Rows of a file as leads, checked as the API checks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from chassis.db import UnitOfWork
from chassis.http.imports import row_faults
from chassis.imports import Outcome, Plan, Read, Row, odd_cells
from chassis.pii import Vault
from services.leads.api.bodies.leads import Entry, draft_of
from services.leads.commands import Entry as LeadEntry
from services.leads.commands.imports import foresee_rows, take_rows
from services.leads.importing import HEADERS, fields_of


class LeadRows:
    """Files of leads."""

    service = "leads"
    headers = HEADERS

    def fields(self, cells: Sequence[str], mapping: Mapping[int, str]) -> Mapping[str, Any]:
        """What a row says of a lead."""
        return fields_of(cells, mapping)

    def read(self, row: Row, plan: Plan, now: datetime) -> Read[LeadEntry]:
        """A row as the lead that it describes."""
        said = fields_of(row.cells, plan.mapping)
        if odd := [*odd_cells(said, long=("description",), idle=("lead_source",))]:
            return Read(row, None, odd)
        try:
            body = Entry.model_validate({**plan.given, "duplicates": plan.duplicates, **said})
        except ValidationError as error:
            return Read(row, None, row_faults(error))
        return Read(row, LeadEntry(draft_of(body, now), plan.owner_id, body.duplicates))

    def take(self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[LeadEntry]) -> list[Outcome]:
        """Makes leads of them."""
        return take_rows(uow, vault, entries)

    def foresee(
        self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[LeadEntry]
    ) -> list[Outcome]:
        """What would come of them."""
        return foresee_rows(uow, vault, entries)


LEAD_ROWS = LeadRows()
