"""Our own shape of an event (schemas/engagement/inbound_event): made Segment's, which is the one we keep."""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from services.engagement.domain.errors import InvalidEvent

_SAME = {
    "type": "type",
    "message_id": "messageId",
    "occurred_at": "timestamp",
    "sent_at": "sentAt",
    "anonymous_id": "anonymousId",
    "user_id": "userId",
    "previous_id": "previousId",
}
_FIELDS = frozenset({*_SAME, "name", "email", "properties"})
DEEPEST = 64
"""Levels of nested properties."""

_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
_POINTERS = {f"/{theirs}": f"/{ours}" for ours, theirs in _SAME.items()} | {
    "/event": "/name",
    "/traits": "/properties",
    "/traits/email": "/properties/email",
    "/context/traits/email": "/email",
}


def from_own(item: object) -> dict[str, Any]:
    """The event in Segment's shape. Raises InvalidEvent: unknown field, properties no object."""
    if not isinstance(item, dict):
        raise InvalidEvent("", "must be an object")
    for name in item.keys() - _FIELDS:
        raise InvalidEvent("/" + name[:100].replace("~", "~0").replace("/", "~1"), "is no field of an event")
    type = item.get("type", "track")
    event = {theirs: item[ours] for ours, theirs in _SAME.items() if item.get(ours) is not None}
    event["type"] = type
    if item.get("name") is not None:
        event["event" if type == "track" else "name"] = item["name"]
    event["traits" if type in ("identify", "group") else "properties"] = _properties(item)
    if item.get("email") is not None:
        event["context"] = {"traits": {"email": item["email"]}}
    return event


def _properties(item: Mapping[str, Any]) -> dict[str, Any]:
    """As an object, or as the text of one, which is what Avro carries."""
    value = item.get("properties")
    if value is None:
        return {}
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, dict):
        raise InvalidEvent("/properties", "must be an object")
    return value


def _parsed(text: str) -> object:
    """JSON in a text, which nobody has looked at yet. Raises InvalidEvent: it cannot be kept or shown."""
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise InvalidEvent("/properties", "is no JSON") from None
    waiting: list[tuple[int, object]] = [(0, value)]
    while waiting:
        depth, part = waiting.pop()
        if depth > DEEPEST:
            raise InvalidEvent("/properties", f"is nested deeper than {DEEPEST} levels")
        if isinstance(part, float) and not isfinite(part):
            raise InvalidEvent("/properties", "has a number that is too large")
        if isinstance(part, str) and _UNWRITABLE.search(part):
            raise InvalidEvent("/properties", "holds NUL or half a character")
        if isinstance(part, dict):
            waiting += [(depth + 1, inner) for pair in part.items() for inner in pair]
        elif isinstance(part, list):
            waiting += [(depth + 1, inner) for inner in part]
    return value


def _refused(constant: str) -> object:
    raise ValueError(constant)


def own_pointer(pointer: str) -> str:
    """Where a fault is in our own shape, told where it is in Segment's."""
    return _POINTERS.get(pointer, pointer)
