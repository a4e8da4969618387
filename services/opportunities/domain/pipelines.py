"""Pipelines and their stages (F60): every tenant begins with these and may edit them and add others."""

from dataclasses import dataclass
from typing import Final, Literal

from services.opportunities.domain.errors import NotAllowedNow

Outcome = Literal["open", "won", "lost"]
DealType = Literal["new_business", "upsell", "cross_sell", "renewal"]


@dataclass(frozen=True)
class Stage:
    """A stage: how likely a deal in it is won, and after how many days in it a deal is stale (F66)."""

    key: str
    label: str
    probability: int
    outcome: Outcome = "open"
    limit_days: int | None = None


@dataclass(frozen=True)
class Pipeline:
    """Stages in their order."""

    key: str
    label: str
    stages: tuple[Stage, ...]

    @property
    def first(self) -> Stage:
        """Where deals begin."""
        return next(stage for stage in self.stages if stage.outcome == "open")

    @property
    def open(self) -> tuple[str, ...]:
        """Keys of the stages of running deals."""
        return tuple(stage.key for stage in self.stages if stage.outcome == "open")

    def stage(self, key: str) -> Stage:
        """The stage of that key. Raises NotAllowedNow with those that there are."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise NotAllowedNow(f"{self.label} has no stage {key}.", [stage.key for stage in self.stages])


WON: Final = Stage("closed_won", "Closed won", 100, "won")
LOST: Final = Stage("closed_lost", "Closed lost", 0, "lost")
DEFAULTS: Final = (
    Pipeline(
        "default",
        "Sales",
        (
            Stage("prospecting", "Prospecting", 10, limit_days=14),
            Stage("qualification", "Qualification", 25, limit_days=21),
            Stage("proposal", "Proposal", 50, limit_days=30),
            Stage("negotiation", "Negotiation", 75, limit_days=30),
            WON,
            LOST,
        ),
    ),
    Pipeline(
        "renewal",
        "Renewals",
        (
            Stage("prospecting", "Coming up", 10, limit_days=60),
            Stage("proposal", "Offer sent", 60, limit_days=30),
            Stage("negotiation", "Negotiation", 80, limit_days=30),
            WON,
            LOST,
        ),
    ),
)


def pipeline_for(deal_type: DealType) -> str:
    """Key of the pipeline that a deal of a type begins in, where nobody says another."""
    return "renewal" if deal_type == "renewal" else "default"
