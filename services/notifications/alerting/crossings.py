"""Crossings of the score: what is raised at 40, 70 and above 85, and when that ends (F87, F88, B6).

A line is armed by creation and by a fall; both come with the score, so the score's own order decides.
A re-opening comes with the lead, on another topic: it gives the next upward crossing after it (by event
time) a cause where the score's order gave none. So the alerts do not depend on which topic is read first.
"""

from dataclasses import dataclass, replace

from services.notifications.alerting.facts import ScoreFact

REMEMBERED = 16
"""Crossings kept per line for a re-opening that is read late."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One line across the score: raised from `first` upwards, armed again at `rearm`."""

    kind: str
    value: int
    first: int
    rearm: int
    severity: str


THRESHOLDS = (
    Threshold("score_threshold", 40, first=40, rearm=35, severity="info"),
    Threshold("score_threshold", 70, first=70, rearm=65, severity="warning"),
    Threshold("high_value", 85, first=86, rearm=80, severity="urgent"),
)

SILENT, OPENED, ENDED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Crossing:
    """One upward pass of a line; it raises an alert where something armed the line for it."""

    at: int
    """Place in time: never before what was read of this score earlier."""
    occurred_at: int
    recorded_at: int
    cause_id: str
    score: int
    arm: str | None
    fell_at: int | None = None
    told: int = SILENT


@dataclass(frozen=True, slots=True)
class Line:
    """What a subject's score has done at one threshold."""

    arm: str | None = "created"
    crossings: tuple[Crossing, ...] = ()
    reopened: tuple[tuple[int, str], ...] = ()
    """Re-openings (time, event id) that no crossing has used yet."""


def moved(line: Line, threshold: Threshold, previous: int, fact: ScoreFact, at: int) -> Line:
    """The line after the shown score went from `previous` to what the fact says."""
    if previous < threshold.first <= fact.shown:
        return _crossed(line, fact, at)
    if fact.shown <= threshold.rearm < previous:
        fallen = tuple(c if c.fell_at is not None else replace(c, fell_at=at) for c in line.crossings)
        return replace(line, arm=line.arm or fact.evidence, crossings=fallen)
    return line


def _crossed(line: Line, fact: ScoreFact, at: int) -> Line:
    used = [event for time, event in line.reopened if time < at]
    crossing = Crossing(
        at=at,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        cause_id=fact.cause_id,
        score=fact.shown,
        arm=line.arm or (used[0] if used else None),
    )
    left = tuple(entry for entry in line.reopened if entry[0] >= at)
    return Line(arm=None, crossings=(*line.crossings, crossing), reopened=left)


def replayed(line: Line, threshold: Threshold, previous: int, shown: int) -> Line:
    """The line after known evidence was counted again: nothing is raised, a pass uses the arming up."""
    return replace(line, arm=None) if previous < threshold.first <= shown else line


def reopened(line: Line, at: int, event_id: str) -> Line:
    """The line after the lead was re-opened: the next upward crossing counts, nothing is raised now."""
    after = [n for n, crossing in enumerate(line.crossings) if crossing.at > at]
    if not after:
        return replace(line, reopened=(*line.reopened, (at, event_id)))
    crossings = list(line.crossings)
    first = crossings[after[0]]
    crossings[after[0]] = replace(first, arm=first.arm or event_id)
    return replace(line, crossings=tuple(crossings))


def pruned(line: Line, lead_at: int, score_at: int) -> Line:
    """The line without what can no longer matter, so that a state stays small.

    A crossing is done when it raised nothing or has ended, and no later re-opening can come before it. Of
    the re-openings before the score's time the next crossing uses all, and is named after the first.
    """
    kept = [c for c in line.crossings if c.told == OPENED or _unsaid(c) or c.at > lead_at]
    surplus = len(kept) - REMEMBERED
    kept = [c for n, c in enumerate(kept) if n >= surplus or c.told == OPENED or _unsaid(c)]
    past = [entry for entry in line.reopened if entry[0] < score_at]
    return replace(line, crossings=tuple(kept), reopened=(*past[:1], *line.reopened[len(past) :]))


def _unsaid(crossing: Crossing) -> bool:
    return crossing.arm is not None and crossing.told == SILENT


def ended(crossing: Crossing, closed: tuple[int, str] | None) -> tuple[int, str] | None:
    """When and why the alert's cause ended: the score fell, or the lead was closed after the crossing.

    A crossing of a lead that was closed before keeps its alert: interest came back (F81).
    """
    if crossing.fell_at is not None:
        return crossing.fell_at, "score_fell"
    return closed if closed and closed[0] >= crossing.at else None
