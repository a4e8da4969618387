"""What a score is made of: kinds of evidence, contributions, outcomes. Values only.

Times are milliseconds since the Unix epoch, UTC. Evidence is ordered by its time, ties by its id.
"""

from collections.abc import Mapping
from typing import NamedTuple

from services.leads.scoring.rules import Fact


class Facts(NamedTuple):
    """The lead's facts as of a version; the highest version is what holds."""

    id: str
    at: int
    version: int
    values: Mapping[str, Fact]


class Engagement(NamedTuple):
    """Something the prospect did. `once_key` None: nothing but the event itself counts once."""

    id: str
    at: int
    kind: str
    once_key: int | None


class Adjustment(NamedTuple):
    """Points that a person gave or took (F19)."""

    id: str
    at: int
    points: int


class Retraction(NamedTuple):
    """The event `event_id` is taken back: a bot did it (F21), or it was wrong."""

    id: str
    at: int
    event_id: str


class RulesChanged(NamedTuple):
    """Another rule set is in force: the one given to the same step."""

    id: str
    at: int


class Time(NamedTuple):
    """It is `at` now: what decays or expires by then has done so (F15)."""

    at: int


Evidence = Facts | Engagement | Adjustment | Retraction | RulesChanged | Time


class Contribution(NamedTuple):
    """Points of one event by one rule (F18). 0 points with a `reason` say why it did not count."""

    rule: str
    rule_version: int
    category: str
    event_id: str
    occurred_at: int
    points: int
    reason: str | None


ALREADY_COUNTED = "already_counted"
DAILY_LIMIT = "daily_limit"
TOTAL_LIMIT = "total_limit"
COOL_DOWN = "cool_down"
BEFORE_HORIZON = "before_horizon"
RETRACTED = "retracted"
EXPIRED = "expired"


class Outcome(NamedTuple):
    """A score and what changed in it. `full`: `added` is the whole list of contributions."""

    raw: int
    shown: int
    previous_shown: int
    fit: int
    engagement: int
    grade: str
    rules_version: int
    next_change_at: int | None
    """When it changes by itself; None for never."""
    full: bool
    added: tuple[Contribution, ...]
    removed: tuple[tuple[str, str], ...]
    """(rule, event id) of contributions that went; one with other points is in both lists."""


def shown_of(raw: int) -> int:
    """The raw sum clamped to 0..100 (F10)."""
    return 0 if raw < 0 else min(raw, 100)


def grade_of(fit: int, engagement: int) -> str:
    """Letter by fit, digit by engagement (F16)."""
    letter = "A" if fit >= 45 else "B" if fit >= 30 else "C" if fit >= 15 else "D"
    digit = "1" if engagement >= 50 else "2" if engagement >= 25 else "3" if engagement >= 10 else "4"
    return letter + digit
