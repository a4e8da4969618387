"""The scoring processor: which topics it folds into `leads.score`, and how a lead's state is kept."""

from services.leads.processors.fold import ScoringFold
from services.leads.processors.kept import Rules, Scored

__all__ = ["Rules", "Scored", "ScoringFold"]
