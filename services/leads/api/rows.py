"""Rows of a file as leads, checked as the API checks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from chassis.db import UnitOfWork
from chassis.http.imports import row_faults
from chassis.imports import Headers, Outcome, Plan, Read, Row, odd_cells
from chassis.pii import Vault
from services.leads.api.bodies.leads import Entry, draft_of
from services.leads.commands import Entry as LeadEntry
from services.leads.commands import custom_fields_of
from services.leads.commands.imports import foresee_rows, take_rows
from services.leads.domain import CUSTOM
from services.leads.importing import HEADERS, fields_of, nested


class LeadRows:
    """Files of leads."""

    service = "leads"

    def headers(self, uow: UnitOfWork) -> Headers:
        """The system's words, and the names and labels of the tenant's own fields."""
        own = custom_fields_of(uow).labels
        return HEADERS.with_own({word: CUSTOM + name for name in own for word in (name, own[name])})

    def fields(self, cells: Sequence[str], mapping: Mapping[int, str]) -> Mapping[str, Any]:
        """What a row says of a lead."""
        return fields_of(cells, mapping)

    def read(self, row: Row, plan: Plan, now: datetime) -> Read[LeadEntry]:
        """A row as the lead that it describes."""
        said = fields_of(row.cells, plan.mapping)
        if odd := [*odd_cells(said, long=_long(said), idle=("lead_source",))]:
            return Read(row, None, odd)
        try:
            body = Entry.model_validate({**plan.given, "duplicates": plan.duplicates, **nested(said)})
        except ValidationError as error:
            return Read(row, None, row_faults(error))
        return Read(row, LeadEntry(draft_of(body, now), plan.owner_id, body.duplicates, texts=True))

    def take(self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[LeadEntry]) -> list[Outcome]:
        """Makes leads of them."""
        return take_rows(uow, vault, entries)

    def foresee(
        self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[LeadEntry]
    ) -> list[Outcome]:
        """What would come of them."""
        return foresee_rows(uow, vault, entries)


def _long(said: Mapping[str, Any]) -> list[str]:
    """Fields that may have lines."""
    return [name for name in said if name == "description" or name.startswith(CUSTOM)]


LEAD_ROWS = LeadRows()
