"""Alerts as a fold of facts: crossings, stagnation, overdue conversions. Pure: no clock, no I/O.

`step` takes a subject's state and one fact or tick and gives the new state and what is to be said. The set
of alerts depends on what each topic says in its own order: interleaving, chunking, repeats change nothing.
"""

from services.notifications.alerting.concerns import Concern
from services.notifications.alerting.crossings import Crossing, Line
from services.notifications.alerting.facts import (
    Alert,
    Escalated,
    LeadFact,
    Raised,
    Resolved,
    ScoreFact,
    SubjectFact,
    Tick,
)
from services.notifications.alerting.folding import step
from services.notifications.alerting.state import State, alert_id
from services.notifications.alerting.stays import Stay
from services.notifications.alerting.timers import due

__all__ = [
    "Alert",
    "Concern",
    "Crossing",
    "Escalated",
    "LeadFact",
    "Line",
    "Raised",
    "Resolved",
    "ScoreFact",
    "State",
    "Stay",
    "SubjectFact",
    "Tick",
    "alert_id",
    "due",
    "step",
]
