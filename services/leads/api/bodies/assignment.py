"""What people may say of owners, rules and territories."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.http import Id, RequestModel
from services.leads.api.bodies.leads import Country, Text
from services.leads.assignment import Condition, Pool, Rule, Territory

Key = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9_-]+$")]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]


class ConditionBody(RequestModel):
    """What a field of the lead must fulfil."""

    field: Annotated[str, Field(min_length=1, max_length=200)]
    operator: Literal["eq", "in", "gt", "lt", "contains", "exists"]
    values: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)


class AssignmentRuleBody(RequestModel):
    """Leads that fulfil all conditions go to somebody of the pool."""

    rule: Key
    pool: Pool
    conditions: Annotated[list[ConditionBody], Field(max_length=20)] = Field(default_factory=list)
    team: Text | None = None
    users: Annotated[list[Id], Field(max_length=200)] = Field(default_factory=list)
    label: Text | None = None


class AssignmentBody(RequestModel):
    """All rules, in the order in which they are asked."""

    rules: Annotated[list[AssignmentRuleBody], Field(max_length=100)]
    reroute_untouched: bool = False
    """Whether a lead that no human touches within the time to answer goes to the next one."""


class TerritoryBody(RequestModel):
    """Countries, and of these certain regions only where any are named."""

    key: Key
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]
    regions: Annotated[list[Text], Field(max_length=500)] = Field(default_factory=list)
    label: Text | None = None


class TerritoriesBody(RequestModel):
    """All territories; a place lies in the first that has it."""

    territories: Annotated[list[TerritoryBody], Field(max_length=500)]


class NewOwner(RequestModel):
    """Whom a lead is given to; null: back to the queue."""

    owner_id: Id | None
    reason: Reason = "Given by hand."


class Reroute(RequestModel):
    """Why a lead goes to the next one."""

    reason: Reason = "Given away."


class OwnerReroute(Reroute):
    """Whose leads go to the next ones."""

    owner_id: Id


def rules_in(body: AssignmentBody) -> list[Rule]:
    """The rules that a body describes."""
    return [
        Rule(
            one.rule,
            one.pool,
            tuple(Condition(c.field, c.operator, tuple(c.values)) for c in one.conditions),
            one.team,
            tuple(one.users),
            one.label,
        )
        for one in body.rules
    ]


def territories_in(body: TerritoriesBody) -> list[Territory]:
    """The territories that a body describes."""
    return [
        Territory(one.key, tuple(one.countries), tuple(one.regions), one.label) for one in body.territories
    ]
