"""What a service says of the things that rows become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.imports.mapping import Fault, Headers
from chassis.imports.reading import Row
from chassis.pii import Vault

Entry = TypeVar("Entry")
Result = Literal["created", "updated", "duplicate", "invalid"]


@dataclass(frozen=True)
class Plan:
    """How a file is taken in."""

    mapping: Mapping[int, str]
    """Place of a column, from 0, to the field that it means."""
    duplicates: str
    """What is done with a row that is there already: a word of the service's own."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What the service wants to know beside the rows; JSON."""
    owner_id: UUID | None = None
    """Whose the things are; None leaves that to the service."""
    dry_run: bool = False


@dataclass(frozen=True)
class Read(Generic[Entry]):
    """A row as it was read: a thing to be, or what is wrong with it."""

    row: Row
    entry: Entry | None
    faults: Sequence[Fault] = ()


class Outcome(NamedTuple):
    """What became, or would become, of an entry."""

    result: Result
    why: Sequence[Fault] = ()
    """Of one that was refused: invalid, or a duplicate."""
    candidates: Sequence[Mapping[str, Any]] = ()
    """Who may be the same: object, id, score, reasons."""


class Importable(Protocol[Entry]):
    """Rows as things of a service. `take` and `foresee` cost so many statements a chunk, not a row."""

    @property
    def service(self) -> str:
        """Whose routes they are: `leads` for /api/leads/imports."""

    def headers(self, uow: UnitOfWork) -> Headers:
        """By which words the tenant knows the fields."""

    def fields(self, cells: Sequence[str], mapping: Mapping[int, str]) -> Mapping[str, Any]:
        """What the cells say, as the API would be told it; empty cells say nothing."""

    def read(self, row: Row, plan: Plan, now: datetime) -> Read[Entry]:
        """A row as the thing that it describes. Touches nothing."""

    def take(self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[Entry]) -> list[Outcome]:
        """Makes things of entries; of one that cannot be says why, for it must not keep the others out."""

    def foresee(self, uow: UnitOfWork, vault: Vault, plan: Plan, entries: Sequence[Entry]) -> list[Outcome]:
        """What would come of them; nothing is made."""
