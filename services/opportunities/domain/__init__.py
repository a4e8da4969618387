"""Rules of deals: money, pipelines, stages. Standard library only; no SQL, no HTTP, no clock."""

from services.opportunities.domain.deals import Moved, StageMoved, Standing, Why, move, reopen, start
from services.opportunities.domain.editing import checked, edited
from services.opportunities.domain.errors import (
    AccountClosed,
    AccountUnknown,
    InvalidMoney,
    InvalidPipeline,
    NotAllowedNow,
    OpportunityNotFound,
    OwnerUnknown,
    PipelineExists,
    PipelineInUse,
    PipelineNotFound,
    ReasonMissing,
    StageInUse,
)
from services.opportunities.domain.lines import Line, worth
from services.opportunities.domain.money import (
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
    "DEFAULTS",
    "LARGEST",
    "AccountClosed",
    "AccountUnknown",
    "DealType",
    "InvalidMoney",
    "InvalidPipeline",
    "Line",
    "Money",
    "Moved",
    "NotAllowedNow",
    "OpportunityNotFound",
    "Outcome",
    "OwnerUnknown",
    "Pipeline",
    "PipelineExists",
    "PipelineInUse",
    "PipelineNotFound",
    "ReasonMissing",
    "Stage",
    "StageInUse",
    "StageMoved",
    "Standing",
    "Why",
    "checked",
    "edited",
    "move",
    "percent_of",
    "pipeline_for",
    "reopen",
    "score_factor",
    "start",
    "weighted",
    "worth",
]
