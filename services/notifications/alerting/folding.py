"""One fact after the other."""

from services.notifications.alerting import leads, scores, subjects
from services.notifications.alerting.facts import LeadFact, ScoreFact, SubjectFact, Tick
from services.notifications.alerting.state import State, Step
from services.notifications.alerting.timers import fire


def step(state: State, fact: LeadFact | ScoreFact | SubjectFact | Tick) -> Step:
    """The state after the fact, and what is to be said. A repeat or an older fact changes and says nothing.

    A subject begins as `State(tenant, lead)`. A lead's fact at time t first fires its timers due by t.
    """
    match fact:
        case Tick():
            return fire(state, fact.time)
        case SubjectFact():
            return subjects.told(state, fact)
        case LeadFact():
            return leads.changed(state, fact)
        case ScoreFact():
            return scores.scored(state, fact)
