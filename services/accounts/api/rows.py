"""Rows of a file as accounts, checked as the API checks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from chassis.db import UnitOfWork
from chassis.http.imports import row_faults
from chassis.imports import Headers, Outcome, Plan, Read, Row, odd_cells
from chassis.pii import Vault
from services.accounts.api.bodies import AccountRow
from services.accounts.commands.imports import AccountEntry, foresee_rows, take_rows
from services.accounts.importing import HEADERS, fields_of


class AccountRows:
    """Files of accounts."""

    service = "accounts"

    def headers(self, uow: UnitOfWork) -> Headers:
        """The same for every tenant."""
        return HEADERS

    def fields(self, cells: Sequence[str], mapping: Mapping[int, str]) -> Mapping[str, Any]:
        """What a row says of an account."""
        return fields_of(cells, mapping)

    def read(self, row: Row, plan: Plan, now: datetime) -> Read[AccountEntry]:
        """A row as the account that it describes."""
        said = fields_of(row.cells, plan.mapping)
        if odd := [*odd_cells(said, long=("description",), idle=("owner",))]:
            return Read(row, None, odd)
        owner = said.pop("owner", None)
        try:
            body = AccountRow.model_validate(said)
        except ValidationError as error:
            return Read(row, None, row_faults(error))
        return Read(row, AccountEntry(row.line, body.model_dump(exclude_unset=True), owner))

    def take(
        self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[AccountEntry]
    ) -> list[Outcome]:
        """Opens and changes accounts."""
        return take_rows(uow, plan, entries)

    def foresee(
        self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[AccountEntry]
    ) -> list[Outcome]:
        """What would come of them."""
        return foresee_rows(uow, plan, entries)


ACCOUNT_ROWS = AccountRows()
