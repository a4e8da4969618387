"""Our own shape of an event (schemas/engagement/inbound_event): made Segment's, which is the one we keep."""

import json
from collections.abc import Mapping
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
        raise InvalidEvent(f"/{name}", "is no field of an event")
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
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidEvent("/properties", "is no JSON") from None
    if not isinstance(value, dict):
        raise InvalidEvent("/properties", "must be an object")
    return value


def own_pointer(pointer: str) -> str:
    """Where a fault is in our own shape, told where it is in Segment's."""
    return _POINTERS.get(pointer, pointer)
