"""What an event in Segment's shape must say to be taken; every refusal names the field at fault."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.engagement.domain.errors import InvalidEvent
from services.engagement.domain.identity import Identity, identity_of, is_email
from services.engagement.domain.kinds import BEHAVIOUR, LONGEST_NAME, NO_KINDS, Kinds, kind_of, path_of
from services.engagement.domain.times import corrected, read_time

TYPES = ("track", "identify", "page", "screen", "group", "alias")
LARGEST_EVENT = 32 * 1024
"""Bytes of one event as JSON (F68)."""
LONGEST_ID = 255
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Engagement:
    """An accepted event. Times in milliseconds; `message_id` is None where the sender gave none."""

    type: str
    kind: str
    message_id: str | None
    occurred_at: int
    identity: Identity


def read_event(event: object, received: int, sent: int | None = None, table: Kinds = NO_KINDS) -> Engagement:
    """Checks one event and says what it is. `sent` is the batch's sentAt. Raises InvalidEvent."""
    if not isinstance(event, dict):
        raise InvalidEvent("", "must be an object")
    type = event.get("type")
    if type not in TYPES:
        raise InvalidEvent("/type", f"must be one of {', '.join(TYPES)}")
    _check_parts(event)
    message_id, name = _words(event, "messageId"), _name(event, type)
    kind = kind_of(type, name, path_of(event), table)
    _check_email(event, kind)
    identity = _named(event, type, kind)
    return Engagement(type, kind, message_id, _happened(event, received, sent), identity)


def _happened(event: Mapping[str, Any], received: int, sent: int | None) -> int:
    field = "originalTimestamp" if event.get("originalTimestamp") is not None else "timestamp"
    stated = event.get(field)
    own = event.get("sentAt")
    happened = None if stated is None else read_time(stated, f"/{field}")
    sent = sent if own is None else read_time(own, "/sentAt")
    return corrected(happened, sent, received, f"/{field}")


def _check_parts(event: Mapping[str, Any]) -> None:
    for part in ("properties", "traits", "context"):
        if event.get(part) is not None and not isinstance(event[part], dict):
            raise InvalidEvent(f"/{part}", "must be an object")


def _name(event: Mapping[str, Any], type: str) -> str | None:
    if type != "track":
        return _words(event, "name", LONGEST_NAME)
    name = _words(event, "event", LONGEST_NAME)
    if name is None:
        raise InvalidEvent("/event", "must name what happened")
    return name


def _named(event: Mapping[str, Any], type: str, kind: str) -> Identity:
    for field in ("userId", "anonymousId", "previousId", "groupId"):
        _words(event, field, numbers=True)
    identity = identity_of(event, kind)
    if type == "alias" and not (identity.user and identity.previous):
        raise InvalidEvent("/previousId" if identity.user else "/userId", "must be given in an alias")
    if not identity.strongest_first():
        raise InvalidEvent("/userId", "is missing: give userId, anonymousId or an e-mail address")
    return identity


def _check_email(event: Mapping[str, Any], kind: str) -> None:
    """An address that cannot be one is a mistake of the sender, which a silent skip would hide."""
    places = [("/traits/email", event.get("traits"))] if event["type"] == "identify" else []
    if kind in BEHAVIOUR:
        places.append(("/properties/email", event.get("properties")))
    context = event.get("context")
    places.append(("/context/traits/email", context.get("traits") if isinstance(context, dict) else None))
    for pointer, place in places:
        email = place.get("email") if isinstance(place, dict) else None
        if email not in (None, "") and not (isinstance(email, str) and is_email(email)):
            raise InvalidEvent(pointer, "is no e-mail address")


def _words(
    event: Mapping[str, Any], field: str, longest: int = LONGEST_ID, numbers: bool = False
) -> str | None:
    value = event.get(field)
    if value is None or value == "":
        return None
    if numbers and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InvalidEvent(f"/{field}", "must be text")
    if len(value) > longest:
        raise InvalidEvent(f"/{field}", f"is longer than {longest} characters")
    if _UNWRITABLE.search(value):
        raise InvalidEvent(f"/{field}", "holds a control character or half a character")
    return value.strip() or None
