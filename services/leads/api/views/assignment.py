"""What people see of owners, rules and territories."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.http import View
from services.leads.assignment import Pool
from services.leads.commands.assignment import rules_of, territories_of
from services.leads.models import AssignmentRow


class AssignmentView(View):
    """A lead came to somebody, or to nobody: the queue."""

    at: datetime
    actor: str
    owner_id: UUID | None
    previous_owner_id: UUID | None
    rule: str
    reason: str


class ConditionView(View):
    """What a field of the lead must fulfil."""

    field: str
    operator: str
    values: list[str]


class AssignmentRuleView(View):
    """A rule."""

    rule: str
    pool: Pool
    conditions: list[ConditionView]
    team: str | None
    users: list[UUID]
    label: str | None


class AssignmentRulesView(View):
    """The rules in their order."""

    rules: list[AssignmentRuleView]
    reroute_untouched: bool


class TerritoryView(View):
    """A territory."""

    key: str
    countries: list[str]
    regions: list[str]
    label: str | None


class TerritoriesView(View):
    """The territories in their order."""

    territories: list[TerritoryView]


class ReroutedView(View):
    """Leads that have another owner now."""

    leads: list[UUID]


def assignment_view(row: AssignmentRow) -> AssignmentView:
    """As the API shows an assignment."""
    return AssignmentView.model_validate(row)


def assignment_rules_view(setting: Mapping[str, Any]) -> AssignmentRulesView:
    """As the API shows the rules of a tenant, the default ones where it says nothing."""
    rules = [AssignmentRuleView(rule=(said := asdict(rule)).pop("key"), **said) for rule in rules_of(setting)]
    return AssignmentRulesView(rules=rules, reroute_untouched=setting.get("reroute_untouched", False))


def territories_view(setting: Mapping[str, Any]) -> TerritoriesView:
    """As the API shows the territories of a tenant."""
    return TerritoriesView(territories=[TerritoryView(**asdict(one)) for one in territories_of(setting)])
