"""The score of an account, rolled up from its leads (F22).

The hottest lead counts in full, the next ones by a falling share: so one hot lead makes a hot account, and
several people who look at once make it hotter, while many cold ones do not. The points of the contributions
always add up to the score: what would lead beyond 100 is cut off where it happens.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

SHARES: Final = (100, 20, 10, 5)
"""Percent of its score that the hottest, second, third and fourth lead counts; further ones count nothing."""
COUNTED: Final = ("new", "contacted", "qualified", "converted")
"""Statuses whose leads count, unless archived; an unqualified lead says nothing of its account."""


class LeadScore(NamedTuple):
    """The shown score of a lead."""

    lead_id: str
    score: int


class Share(NamedTuple):
    """What a lead gives to its account's score."""

    lead_id: str
    score: int
    share: int
    points: int


def roll_up(leads: Iterable[LeadScore]) -> tuple[int, tuple[Share, ...]]:
    """The score of an account and what each lead gives to it; ties go by the lead's id."""
    hottest = sorted(set(leads), key=lambda lead: (-lead.score, lead.lead_id))
    total, lines = 0, []
    for lead, share in zip(hottest, SHARES, strict=False):
        points = min(lead.score * share // 100, 100 - total)
        lines.append(Share(lead.lead_id, lead.score, share, points))
        total += points
    return total, tuple(lines)
