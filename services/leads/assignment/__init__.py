"""Who gets a lead (F40-F42): a pure function of the tenant's rules, the people and the lead.

Rules are asked in their order. The first that fits the lead and finds somebody who is there and has room
gives it to the one with the least open work for their capacity; of several such the one whose turn is the
longest ago. Nobody: the lead waits in the queue. No SQL, no clock.
"""

from services.leads.assignment.people import FULL, Person
from services.leads.assignment.rules import (
    BY_HAND,
    CLAIMED,
    DEFAULT_RULES,
    NOBODY_MATCHES,
    REROUTED,
    Condition,
    Pool,
    Rule,
    check,
)
from services.leads.assignment.territories import Territory, check_territories, territory_of
from services.leads.assignment.turns import Assignment, Candidate, assign, assign_all

__all__ = [
    "BY_HAND",
    "CLAIMED",
    "DEFAULT_RULES",
    "FULL",
    "NOBODY_MATCHES",
    "REROUTED",
    "Assignment",
    "Candidate",
    "Condition",
    "Person",
    "Pool",
    "Rule",
    "Territory",
    "assign",
    "assign_all",
    "check",
    "check_territories",
    "territory_of",
]
