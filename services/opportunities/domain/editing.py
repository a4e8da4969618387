"""Editing a pipeline keeps its deals whole (F60)."""

from collections.abc import Iterable, Iterator

from services.opportunities.domain.errors import InvalidPipeline, StageInUse
from services.opportunities.domain.pipelines import Pipeline, Stage

LONGEST_DAYS = 3650
FINAL = {"won": 100, "lost": 0}
"""The probability of closed stages is no opinion."""


def checked(pipeline: Pipeline) -> Pipeline:
    """The pipeline itself. Raises InvalidPipeline with every fault, each by its place."""
    if faults := dict(_faults(pipeline)):
        raise InvalidPipeline([{"pointer": at, "detail": text} for at, text in faults.items()])
    return pipeline


def edited(old: Pipeline, new: Pipeline, used: Iterable[str]) -> Pipeline:
    """The new form of a pipeline. Raises InvalidPipeline, StageInUse.

    Deals keep probability and limit of the time when they came to their stage; the next ones get the new.
    So a stage that a deal is in, running or closed, must stay, and stay what it is: open, won or lost.
    """
    checked(new)
    kept = {stage.key: stage.outcome for stage in new.stages}
    lost = [s.key for s in old.stages if s.key in set(used) and kept.get(s.key) != s.outcome]
    if lost:
        raise StageInUse(lost)
    return new


def _faults(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    for number, stage in enumerate(pipeline.stages):
        at = f"#/stages/{number}"
        if any(other.key == stage.key for other in pipeline.stages[:number]):
            yield f"{at}/key", "is the key of an earlier stage"
        yield from ((f"{at}/{field}", text) for field, text in _faults_of(stage))
    for outcome in ("open", "won", "lost"):
        if not any(stage.outcome == outcome for stage in pipeline.stages):
            yield "#/stages", f"needs a stage whose outcome is {outcome}"


def _faults_of(stage: Stage) -> Iterator[tuple[str, str]]:
    limit = stage.limit_days
    if stage.outcome == "open" and (limit is None or not 1 <= limit <= LONGEST_DAYS):
        yield "limit_days", f"must be 1 to {LONGEST_DAYS} days for an open stage"
    if stage.outcome != "open" and limit is not None:
        yield "limit_days", "has no meaning for a closed stage"
    if stage.probability != FINAL.get(stage.outcome, stage.probability):
        yield "probability", f"must be {FINAL[stage.outcome]} for a stage that is {stage.outcome}"
    if not 0 <= stage.probability <= 100:
        yield "probability", "must be 0 to 100"
