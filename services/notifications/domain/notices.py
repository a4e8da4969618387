"""Notices: what somebody is told once. Nothing has to end, and nobody has to do anything (F43, F45)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

NoticeKind = Literal["lead_assigned", "lead_converted"]


@dataclass(frozen=True)
class Notice:
    """Something that happened to a lead."""

    kind: NoticeKind
    lead: UUID
    owner: UUID | None
    cause: str
    """The event that it tells of; one is told of once."""
    at: datetime
    why: str
    """For people."""


def addressed(concerned: Iterable[UUID | None], actor: str) -> list[UUID]:
    """Who is told, in a steady order: whom it concerns, but for who did it and knows."""
    return sorted(person for person in set(concerned) if person and actor != f"user:{person}")
