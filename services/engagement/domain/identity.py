"""Who an event names: the ids of its sender and, where it is surely the person's own, an e-mail address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.engagement.domain.kinds import BEHAVIOUR

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Ids of one event. All of them are of one person, as its sender sees it."""

    user: str | None = None
    email: str | None = None
    anonymous: str | None = None
    previous: str | None = None

    def strongest_first(self) -> list[tuple[str, str]]:
        """(kind, value) of every id, the one that says most first; never empty for an accepted event."""
        ids = (
            ("user", self.user),
            ("email", self.email),
            ("previous", self.previous),
            ("anonymous", self.anonymous),
        )
        return [(kind, value) for kind, value in ids if value]


def is_email(text: str) -> bool:
    """Whether a text can be an e-mail address. Deliverable it need not be."""
    return len(text) <= 320 and _EMAIL.fullmatch(text.strip()) is not None


def identity_of(event: Mapping[str, Any], kind: str) -> Identity:
    """Who an event in Segment's shape names.

    An e-mail address in the properties is the person's own only in kinds that we know (who opens a mail or
    asks for a demo); in a custom event it may be a colleague's.
    """
    user = _id(event.get("userId"))
    return Identity(
        user=user,
        email=_email(event, kind) or (user if user and is_email(user) else None),
        anonymous=_id(event.get("anonymousId")),
        previous=_id(event.get("previousId")) if event.get("type") == "alias" else None,
    )


def _email(event: Mapping[str, Any], kind: str) -> str | None:
    context = event.get("context")
    places: list[object] = [context.get("traits") if isinstance(context, dict) else None]
    if event.get("type") == "identify":
        places.insert(0, event.get("traits"))
    if kind in BEHAVIOUR:
        places.append(event.get("properties"))
    for place in places:
        value = place.get("email") if isinstance(place, dict) else None
        if isinstance(value, str) and is_email(value):
            return value.strip()
    return None


def _id(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None
