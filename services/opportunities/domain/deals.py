"""Where a deal stands and how it moves (F60, F63, F64). A transition returns the new standing and what
happened; a repeated one is a stated no-op; an impossible one raises a named error."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.opportunities.domain.errors import NotAllowedNow, ReasonMissing
from services.opportunities.domain.pipelines import Outcome, Pipeline, Stage


@dataclass(frozen=True)
class Why:
    """What people say of a move."""

    reason_code: str | None = None
    reason: str | None = None
    competitor: str | None = None


@dataclass(frozen=True)
class Standing:
    """Where a deal stands. The probability is that of its stage at the time it came there."""

    pipeline: str
    stage: str
    outcome: Outcome
    probability: int
    since: datetime
    stale_at: datetime | None
    """From when on it has been too long in its stage (F66)."""


@dataclass(frozen=True)
class StageMoved:
    """A deal came to another stage."""

    previous: str
    seconds_in_previous: int
    why: Why


Moved = tuple[Standing, list[StageMoved]]


def start(pipeline: Pipeline, at: datetime, stage: str | None = None) -> Standing:
    """A new deal: in the first stage, or in another open one. Raises NotAllowedNow for a closed one."""
    wanted = pipeline.first if stage is None else pipeline.stage(stage)
    if wanted.outcome != "open":
        raise NotAllowedNow("A deal begins in an open stage.", pipeline.open)
    return _in(pipeline, wanted, at)


def move(standing: Standing, pipeline: Pipeline, to: str, at: datetime, why: Why) -> Moved:
    """A running deal to any other stage; the stage that it is in already is a no-op.

    Raises NotAllowedNow for a closed deal, which has to be reopened; ReasonMissing for a loss without one.
    """
    if to == standing.stage:
        return standing, []
    stage = pipeline.stage(to)
    if standing.outcome != "open":
        raise NotAllowedNow(f"A deal that is {standing.outcome} moves again once it is reopened.", ())
    if stage.outcome == "lost" and not (why.reason_code and why.reason):
        raise ReasonMissing("Say why: reason_code and reason are needed for a lost deal.")
    return _moved(standing, pipeline, stage, at, why)


def reopen(standing: Standing, pipeline: Pipeline, to: str, at: datetime, why: Why) -> Moved:
    """A closed deal back to an open stage; one that runs in that stage already is a no-op.

    Raises NotAllowedNow for a deal that runs in another stage or for a closed target, ReasonMissing.
    """
    stage = pipeline.stage(to)
    if stage.outcome != "open":
        raise NotAllowedNow("A deal is reopened into an open stage.", pipeline.open)
    if standing.stage == to:
        return standing, []
    if standing.outcome == "open":
        raise NotAllowedNow("The deal is open: move it.", ())
    if not why.reason:
        raise ReasonMissing("Say why the deal is reopened.")
    return _moved(standing, pipeline, stage, at, why)


def _moved(standing: Standing, pipeline: Pipeline, stage: Stage, at: datetime, why: Why) -> Moved:
    seconds = max(0, int((at - standing.since).total_seconds()))
    return _in(pipeline, stage, at), [StageMoved(standing.stage, seconds, why)]


def _in(pipeline: Pipeline, stage: Stage, at: datetime) -> Standing:
    stale = None if stage.limit_days is None else at + timedelta(days=stage.limit_days)
    return Standing(pipeline.key, stage.key, stage.outcome, stage.probability, at, stale)
