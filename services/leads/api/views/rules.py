"""The scoring rules and their versions."""

from datetime import datetime
from typing import Any, Literal

from chassis.http import View
from services.leads.models import RuleSetRow


class RuleSetView(View):
    """A version of the scoring rules."""

    version: int
    state: Literal["draft", "published"]
    author: str
    created_at: datetime
    published_at: datetime | None
    effective_at: datetime | None
    rules: list[Any]


class RulesView(View):
    """The rules in force and every version there is; version 1 is the default of every tenant."""

    in_force: int
    rules: list[Any]
    versions: list[RuleSetView]


def rule_set_view(row: RuleSetRow) -> RuleSetView:
    """As the API shows a version of the rules."""
    state: Literal["draft", "published"] = "published" if row.published_at else "draft"
    rest = {n: getattr(row, n) for n in RuleSetView.model_fields if n != "state"}
    return RuleSetView(state=state, **rest)
