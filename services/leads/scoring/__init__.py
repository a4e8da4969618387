"""Scores as a pure fold of evidence (F10-F19): standard library only, no clock, no I/O.

`step` takes one piece of evidence in; `fold` counts a whole list; a property test holds them equal.
"""

from services.leads.scoring.evidence import (
    Adjustment,
    Contribution,
    Engagement,
    Evidence,
    Facts,
    Outcome,
    Retraction,
    RulesChanged,
    Time,
    grade_of,
    shown_of,
)
from services.leads.scoring.rules import (
    ADJUSTMENT,
    DAY,
    ENGAGEMENT,
    FIT,
    OPERATORS,
    Fact,
    InvalidRules,
    Rule,
    RuleSet,
    check,
    condition_faults,
    default_rules,
    holds,
    refuse_faulty,
)
from services.leads.scoring.state import State, empty, plain, restored
from services.leads.scoring.steps import explain, fold, step, whole

__all__ = [
    "ADJUSTMENT",
    "DAY",
    "ENGAGEMENT",
    "FIT",
    "OPERATORS",
    "Adjustment",
    "Contribution",
    "Engagement",
    "Evidence",
    "Fact",
    "Facts",
    "InvalidRules",
    "Outcome",
    "Retraction",
    "Rule",
    "RuleSet",
    "RulesChanged",
    "State",
    "Time",
    "check",
    "condition_faults",
    "default_rules",
    "empty",
    "explain",
    "fold",
    "grade_of",
    "holds",
    "plain",
    "refuse_faulty",
    "restored",
    "shown_of",
    "step",
    "whole",
]
