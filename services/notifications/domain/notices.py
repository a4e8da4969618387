"""Notices: what somebody is told once. Nothing has to end (F43, F45, F50)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

NoticeKind = Literal["lead_assigned", "lead_converted", "customer_onboarding"]


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


def addressed(concerned: Iterable[UUID | None], actor: str | None = None) -> list[UUID]:
    """Who is told, in a steady order: whom it concerns, but for who did it and knows, if anybody does."""
    return sorted(person for person in set(concerned) if person and actor != f"user:{person}")
