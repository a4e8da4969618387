"""The rules: kinds, times, what an event must say, who it names. Standard library only, no I/O."""

from services.engagement.domain.errors import (
    AlreadyReplayed,
    BadMapping,
    InvalidEvent,
    KeyIsSpent,
    NameTaken,
    UnknownKey,
    UnknownRejection,
    UnknownSource,
)
from services.engagement.domain.events import LARGEST_EVENT, Engagement, read_event
from services.engagement.domain.identity import Identity, identity_of
from services.engagement.domain.kinds import BEHAVIOUR, NO_KINDS, Kinds, kind_of, once_key, path_of
from services.engagement.domain.own import from_own, own_pointer
from services.engagement.domain.times import corrected, read_time

__all__ = [
    "BEHAVIOUR",
    "LARGEST_EVENT",
    "NO_KINDS",
    "AlreadyReplayed",
    "BadMapping",
    "Engagement",
    "Identity",
    "InvalidEvent",
    "KeyIsSpent",
    "Kinds",
    "NameTaken",
    "UnknownKey",
    "UnknownRejection",
    "UnknownSource",
    "corrected",
    "from_own",
    "identity_of",
    "kind_of",
    "once_key",
    "own_pointer",
    "path_of",
    "read_event",
    "read_time",
]
