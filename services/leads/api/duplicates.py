"""Routes of likely duplicates: found before saving, the policies, what was decided (F34-F36)."""

from typing import Any

from fastapi import Response

from chassis.http import Id, RequiredIfMatch, Router, RuntimeDep, Transaction, accepts, etag, require
from services.leads import commands, queries
from services.leads.api.access import GUARDS, WRITERS
from services.leads.api.bodies.duplicates import PersonDraft, PoliciesBody, SuspicionSettled
from services.leads.api.views.duplicates import (
    DuplicatesView,
    LeadDuplicatesView,
    PoliciesView,
    candidate_view,
    lead_duplicates_view,
)
from services.leads.commands.duplicates import POLICIES, Settled

router = Router(prefix="/api/leads", tags=["duplicates"], guards=GUARDS)
EDITORS = require("manager", "marketing", "admin")


@router.post("/duplicates")
@accepts(idempotency_key="optional")
def find_duplicates(body: PersonDraft, uow: Transaction, runtime: RuntimeDep) -> DuplicatesView:
    """Who may be the same as a draft, and why: to ask before saving. Nothing is stored."""
    found, verdict = commands.look_up(uow, runtime.vault, body.model_dump(exclude={"lead_id"}), body.lead_id)
    return DuplicatesView(candidates=[candidate_view(one) for one in found], decision=verdict.decision)


@router.get("/duplicate-policies")
def get_policies(uow: Transaction, response: Response) -> PoliciesView:
    """What is done about likely duplicates."""
    value, version = commands.read_setting(uow, POLICIES)
    response.headers["ETag"] = etag(version)
    return PoliciesView(**PoliciesBody.model_validate(value).model_dump())


@router.put("/duplicate-policies", dependencies=[EDITORS])
def put_policies(
    body: PoliciesBody, uow: Transaction, seen: RequiredIfMatch, response: Response
) -> PoliciesView:
    """Decides it, for leads to come."""
    value: dict[str, Any] = body.model_dump()
    response.headers["ETag"] = etag(commands.store_setting(uow, POLICIES, value, seen.check))
    return PoliciesView(**value)


@router.get("/{lead}/duplicates")
def tell_duplicates(lead: Id, uow: Transaction) -> LeadDuplicatesView:
    """Whom a lead may be, which leads may be it, and what was decided about that."""
    queries.get_lead(uow, lead)
    return lead_duplicates_view(queries.duplicates_of(uow, lead))


@router.post("/{lead}/duplicates/{candidate}", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def settle_suspicion(
    lead: Id, candidate: Id, body: SuspicionSettled, uow: Transaction, runtime: RuntimeDep
) -> LeadDuplicatesView:
    """Links a lead to whom it is suspected to be, or says that they are two."""
    state: Settled = "linked" if body.decision == "link" else "not_duplicate"
    commands.settle_suspicion(uow, runtime.vault, lead, candidate, state)
    return lead_duplicates_view(queries.duplicates_of(uow, lead))
