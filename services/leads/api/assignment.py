"""Routes of owners: claim, assign, re-route; the rules and territories that they are found by (F40-F43)."""

from typing import Any, TypeVar

from fastapi import Response

from chassis.http import (
    CallerDep,
    Id,
    RequiredIfMatch,
    Router,
    RuntimeDep,
    ScopeDep,
    Transaction,
    accepts,
    etag,
    require,
)
from services.leads import commands, queries
from services.leads.api.access import GUARDS
from services.leads.api.bodies.assignment import (
    AssignmentBody,
    NewOwner,
    OwnerReroute,
    Reroute,
    TerritoriesBody,
    rules_in,
    territories_in,
)
from services.leads.api.views.assignment import (
    AssignmentRulesView,
    AssignmentView,
    ReroutedView,
    TerritoriesView,
    assignment_rules_view,
    assignment_view,
    territories_view,
)
from services.leads.api.views.leads import LeadView, lead_view
from services.leads.assignment import check, check_territories
from services.leads.commands.assignment import ASSIGNMENT, TERRITORIES
from services.leads.models import Lead

Shown = TypeVar("Shown")

router = Router(prefix="/api/leads", tags=["assignment"], guards=GUARDS)
queue = Router(prefix="/api/leads", tags=["assignment"])
"""Whether a lead is in the queue is known under its lock only: so two who claim it get 200 and 409."""
MANAGERS = require("manager", "admin", "service")
ADMINS = require("admin")


@router.get("/assignment-rules")
def get_assignment_rules(uow: Transaction, answer: Response) -> AssignmentRulesView:
    """The rules that new leads find their owners by, in the order in which they are asked."""
    value, version = commands.read_setting(uow, ASSIGNMENT)
    return _tagged(answer, version, assignment_rules_view(value))


@router.put("/assignment-rules", dependencies=[ADMINS])
def put_assignment_rules(
    body: AssignmentBody, uow: Transaction, seen: RequiredIfMatch, answer: Response
) -> AssignmentRulesView:
    """Other rules for leads to come; those that are there keep their owners."""
    check(rules_in(body))
    value = body.model_dump(mode="json")
    return _tagged(answer, _stored(uow, ASSIGNMENT, value, seen), assignment_rules_view(value))


@router.get("/territories")
def get_territories(uow: Transaction, answer: Response) -> TerritoriesView:
    """Which countries and regions lie in which territory; the first that fits holds."""
    value, version = commands.read_setting(uow, TERRITORIES)
    return _tagged(answer, version, territories_view(value))


@router.put("/territories", dependencies=[ADMINS])
def put_territories(
    body: TerritoriesBody, uow: Transaction, seen: RequiredIfMatch, answer: Response
) -> TerritoriesView:
    """Another table for leads to come and for those whose country or region changes."""
    check_territories(territories_in(body))
    value = body.model_dump(mode="json")
    return _tagged(answer, _stored(uow, TERRITORIES, value, seen), territories_view(value))


@queue.post("/{lead}/claim", dependencies=[require("rep", "manager", "admin")])
@accepts(idempotency_key="optional")
def claim_lead(
    lead: Id, uow: Transaction, runtime: RuntimeDep, scope: ScopeDep, caller: CallerDep
) -> LeadView:
    """Takes a lead from the queue; 409 where somebody else was faster."""
    return lead_view(
        commands.claim_lead(uow, runtime.vault, scope, caller.user, lead), commands.labels_of(uow)
    )


@router.post("/{lead}/assign", dependencies=[MANAGERS])
@accepts(idempotency_key="optional")
def assign_lead(lead: Id, body: NewOwner, uow: Transaction, runtime: RuntimeDep) -> LeadView:
    """Gives a lead to somebody, or with null back to the queue."""
    return lead_view(
        commands.assign_lead(uow, runtime.vault, lead, body.owner_id, body.reason), commands.labels_of(uow)
    )


@router.post("/{lead}/reroute", dependencies=[MANAGERS])
@accepts(idempotency_key="optional")
def reroute_lead(lead: Id, body: Reroute, uow: Transaction, runtime: RuntimeDep) -> LeadView:
    """Gives a lead to the next one by the rules."""
    return _shown_to(uow, commands.reroute_lead(uow, runtime.vault, lead, body.reason))


@router.post("/reroute", dependencies=[MANAGERS])
@accepts(idempotency_key="optional")
def reroute_owner(body: OwnerReroute, uow: Transaction, runtime: RuntimeDep, scope: ScopeDep) -> ReroutedView:
    """Gives the open leads of somebody who has left or is away to the next ones, up to 200 a call."""
    moved = commands.reroute_owner(uow, runtime.vault, scope, body.owner_id, body.reason)
    return ReroutedView(leads=[lead.id for lead in moved])


@router.get("/{lead}/assignments")
def list_assignments(lead: Id, uow: Transaction) -> list[AssignmentView]:
    """To whom the lead came and why, the newest first."""
    return [assignment_view(row) for row in queries.list_assignments(uow, lead)]


def _shown_to(uow: Transaction, lead: Lead) -> LeadView:
    return lead_view(lead, commands.labels_of(uow))


def _stored(uow: Transaction, name: str, value: dict[str, Any], seen: RequiredIfMatch) -> int:
    return commands.store_setting(uow, name, value, seen.check)


def _tagged(answer: Response, version: int, view: Shown) -> Shown:
    answer.headers["ETag"] = etag(version)
    return view
