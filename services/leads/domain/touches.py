"""Which way a lead came, at first and at last (F7).

The first touch is the creation; the last is the newest of creation, form and import that brought the lead
again. Engagement events carry no campaign, so they are no touches.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

NAMES = ("lead_source", "own_source", "channel", "campaign", "utm", "referrer")


def touch(draft: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A touch as the lead keeps it."""
    return {"at": at.isoformat(), **{name: draft.get(name) for name in NAMES}}


def ways(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Channel and campaign: what is said of them, else what the utm parameters say."""
    utm = draft.get("utm") or {}
    return {
        "channel": draft.get("channel") or utm.get("medium") or utm.get("utm_medium"),
        "campaign": draft.get("campaign") or utm.get("campaign") or utm.get("utm_campaign"),
    }
