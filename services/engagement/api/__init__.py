"""HTTP in: the front door for events, and what marketing does with sources, keys and rejected events."""

from services.engagement.api import browsers, events, front_door, rejected, sources
from services.engagement.domain import (
    AlreadyReplayed,
    BadMapping,
    InvalidEvent,
    KeyIsSpent,
    NameTaken,
    UnknownKey,
    UnknownRejection,
    UnknownSource,
)

ROUTERS = (front_door.router, browsers.router, events.router, rejected.router, sources.router)
ERRORS: dict[type[Exception], tuple[int, str]] = {
    UnknownSource: (404, "Not found"),
    UnknownKey: (404, "Not found"),
    UnknownRejection: (404, "Not found"),
    AlreadyReplayed: (409, "Already replayed"),
    KeyIsSpent: (409, "The key is revoked"),
    NameTaken: (409, "There is a source of this name"),
    BadMapping: (422, "Not a table of kinds"),
    InvalidEvent: (422, "Not a valid event"),
}
