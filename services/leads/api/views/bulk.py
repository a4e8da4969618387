"""What became of many leads at once."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from chassis.http import View
from services.leads.api.views.duplicates import CandidateView


class FaultView(View):
    """What is wrong with an item, and where."""

    pointer: str
    detail: str


class ItemView(View):
    """What became of one item of a call, by its place in it."""

    index: int
    result: Literal["created", "updated", "duplicate", "invalid"]
    lead_id: UUID | None = None
    version: int | None = None
    duplicates: list[CandidateView] = Field(default_factory=list)
    errors: list[FaultView] = Field(default_factory=list)


class BulkView(View):
    """What became of every item of a call, in their order, and how many came out how."""

    created: int
    updated: int
    duplicate: int
    invalid: int
    items: list[ItemView]
