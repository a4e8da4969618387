"""What is known of a lead's duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from services.leads.models import DuplicateDecision, Suspicion

MOST = 200


@dataclass(frozen=True)
class LeadDuplicates:
    """Whom a lead may be, which leads may be it, what was decided."""

    suspicions: Sequence[Suspicion]
    suspected_by: list[UUID]
    decisions: Sequence[DuplicateDecision]


def duplicates_of(uow: UnitOfWork, lead_id: UUID) -> LeadDuplicates:
    """The likeliest and the newest first, at most 200 of each."""
    mine = select(Suspicion).where(Suspicion.tenant_id == uow.tenant, Suspicion.lead_id == lead_id)
    of_it = select(Suspicion.lead_id).where(
        Suspicion.tenant_id == uow.tenant,
        Suspicion.candidate_id == lead_id,
        Suspicion.state != "not_duplicate",
    )
    decided = select(DuplicateDecision).where(
        DuplicateDecision.tenant_id == uow.tenant, DuplicateDecision.lead_id == lead_id
    )
    return LeadDuplicates(
        uow.session.scalars(mine.order_by(Suspicion.score.desc(), Suspicion.candidate_id).limit(MOST)).all(),
        list(uow.session.scalars(of_it.order_by(Suspicion.lead_id).limit(MOST))),
        uow.session.scalars(decided.order_by(DuplicateDecision.id.desc()).limit(MOST)).all(),
    )
