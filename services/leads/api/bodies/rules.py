"""Scoring rules."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.http import RequestModel, Timestamp
from services.leads.api.bodies.leads import Text
from services.leads.scoring import Rule


class RuleBody(RequestModel):
    """One scoring rule: over a field of the lead or over events of a kind; times in seconds."""

    rule: Annotated[str, Field(min_length=1, max_length=100)]
    category: Literal["fit", "engagement"]
    points: Annotated[int, Field(ge=-1000, le=1000)]
    event_kind: Text | None = None
    field: Text | None = None
    operator: Literal["eq", "in", "gt", "lt", "contains", "exists"] | None = None
    values: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)
    once_per_key: bool = False
    max_per_day: Annotated[int, Field(le=1_000_000)] | None = None
    max_total: Annotated[int, Field(le=1_000_000)] | None = None
    cool_down: Annotated[int, Field(le=10**9)] | None = None
    half_life: Annotated[int, Field(le=10**9)] | None = None
    expiry: Annotated[int, Field(le=10**9)] | None = None


class NewRules(RequestModel):
    """A draft of a rule set."""

    rules: Annotated[list[RuleBody], Field(max_length=200)]


class Publication(RequestModel):
    """From when on a rule set is in force; now where it is not said."""

    effective_at: Timestamp | None = None


def rule_of(body: RuleBody) -> Rule:
    """The rule that a body describes."""
    rest = body.model_dump(exclude={"rule", "values"})
    return Rule(key=body.rule, values=tuple(body.values), **rest)
