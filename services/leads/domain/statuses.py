"""Rules of a lead's status and priority (F24-F33)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal

Status = Literal["new", "contacted", "qualified", "unqualified", "converted"]
Priority = Literal["high", "medium", "low"]

OPEN: Final[tuple[Status, ...]] = ("new", "contacted", "qualified")
"""In rising order; automation moves only among these, and only upwards (F26)."""
BANDS: Final[tuple[tuple[int, Status], ...]] = ((70, "qualified"), (40, "contacted"), (0, "new"))
LEAST_QUALIFIED: Final = 50
"""Below this a lead may be called qualified by hand, with a warning (F27)."""


class NotAllowedNow(Exception):
    """The lead's status does not allow this; `extra["allowed"]` says what it does allow."""

    def __init__(self, status: Status, wanted: str, allowed: tuple[Status, ...]) -> None:
        super().__init__(f"A lead that is {status} cannot become {wanted} by hand.")
        self.extra = {"allowed": list(allowed)}


class Busy(Exception):
    """Nobody moves the lead as it is now: it is archived."""

    extra: ClassVar[dict[str, list[str]]] = {"allowed": []}


class NeverDeleted(Exception):
    """A converted lead is archived, never deleted (F33)."""


class ReasonMissing(Exception):
    """An unqualified lead needs a reason code and a text (F28)."""


@dataclass(frozen=True)
class Standing:
    """Where a lead stands."""

    status: Status
    since: datetime
    pinned: bool = False
    """Set by hand: only an upward crossing into a band above it promotes again."""


@dataclass(frozen=True)
class StatusChanged:
    """A lead moved to another status."""

    status: Status
    previous: Status
    at: datetime
    seconds_in_previous: int
    pinned: bool
    score: int
    reason_code: str | None = None
    reason: str | None = None
    warning: str | None = None


Moved = tuple[Standing, list[StatusChanged]]


def band(score: int) -> Status:
    """The status that a shown score stands for (F25)."""
    return next(status for least, status in BANDS if score >= least)


def priority(score: int) -> Priority:
    """How soon a lead deserves attention (F31); says nothing about its status."""
    return "high" if score >= 80 else "medium" if score >= 50 else "low"


def exceeds(score: int, status: Status) -> bool:
    """Whether a shown score stands for more than an open status."""
    return status in OPEN and OPEN.index(band(score)) > OPEN.index(status)


def promote(standing: Standing, previous: int, score: int, at: datetime) -> Moved:
    """What a change of the shown score does: promotion among the open statuses only, never a demotion."""
    target = band(score)
    if not exceeds(score, standing.status):
        return standing, []
    if standing.pinned and OPEN.index(band(previous)) >= OPEN.index(target):
        return standing, []
    return moved(standing, target, at, score, reason_code="score", reason=f"Score rose to {score}.")


def set_status(
    standing: Standing, status: Status, score: int, at: datetime, reason_code: str | None, reason: str | None
) -> Moved:
    """A person's decision (F26-F28); the status that the lead has already is a no-op.

    From unqualified only the band of the current score is open. Raises NotAllowedNow, ReasonMissing.
    """
    if status == standing.status:
        return standing, []
    if status not in (allowed := allowed_by_hand(standing.status, score)):
        raise NotAllowedNow(standing.status, status, allowed)
    if status == "unqualified" and not (reason_code and reason):
        raise ReasonMissing("Say why: reason_code and reason are needed for unqualified.")
    warning = None
    if status == "qualified" and score < LEAST_QUALIFIED:
        warning = f"Qualified by hand with a score of {score}, below {LEAST_QUALIFIED}."
    changed = moved(standing, status, at, score, reason_code, reason, warning)
    return replace(changed[0], pinned=status in OPEN), [replace(changed[1][0], pinned=status in OPEN)]


def reopen(standing: Standing, score: int, at: datetime, reason: str) -> Moved:
    """Takes an unqualified lead up again, in the band of its score; an open one is so already (F33).

    Raises NotAllowedNow for a converted lead.
    """
    if standing.status in OPEN:
        return standing, []
    if standing.status == "converted":
        raise NotAllowedNow(standing.status, "open again", ())
    return moved(standing, band(score), at, score, "reopened", reason)


def check_movable(*, archived: bool) -> None:
    """Raises Busy where nobody moves a lead."""
    if archived:
        raise Busy("The lead is archived; restore it first.")


def allowed_by_hand(status: Status, score: int) -> tuple[Status, ...]:
    """Statuses that a person may give; converted comes only from the conversion."""
    if status == "converted":
        return ()
    if status == "unqualified":
        return (band(score),)
    return (*(other for other in OPEN if other != status), "unqualified")


def moved(
    standing: Standing,
    status: Status,
    at: datetime,
    score: int,
    reason_code: str | None = None,
    reason: str | None = None,
    warning: str | None = None,
) -> Moved:
    """The standing in another status, unpinned, and the event that says so."""
    seconds = max(0, int((at - standing.since).total_seconds()))
    event = StatusChanged(status, standing.status, at, seconds, False, score, reason_code, reason, warning)
    return Standing(status, at), [event]
