"""Rules of deals: money, pipelines, stages. Standard library only; no SQL, no HTTP, no clock."""

from services.opportunities.domain.deals import Moved, StageMoved, Standing, Why, move, reopen, start
from services.opportunities.domain.errors import (
    InvalidMoney,
    NotAllowedNow,
    OpportunityNotFound,
    PipelineNotFound,
    ReasonMissing,
)
from services.opportunities.domain.money import (
    DECIMALS,
    LARGEST,
    Money,
    percent_of,
    score_factor,
    weighted,
)
from services.opportunities.domain.pipelines import (
    DEFAULTS,
    DealType,
    Outcome,
    Pipeline,
    Stage,
    pipeline_for,
)

__all__ = [
    "DECIMALS",
    "DEFAULTS",
    "LARGEST",
    "DealType",
    "InvalidMoney",
    "Money",
    "Moved",
    "NotAllowedNow",
    "OpportunityNotFound",
    "Outcome",
    "Pipeline",
    "PipelineNotFound",
    "ReasonMissing",
    "Stage",
    "StageMoved",
    "Standing",
    "Why",
    "move",
    "percent_of",
    "pipeline_for",
    "reopen",
    "score_factor",
    "start",
    "weighted",
]
