"""What can be wrong with an event or a request, by name. Knows no HTTP."""


class InvalidEvent(ValueError):
    """An event that cannot be taken: `pointer` is the JSON pointer of the field, `reason` says why."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or 'event'}: {reason}")
        self.pointer, self.reason = pointer, reason


class BadMapping(ValueError):
    """A source's table of kinds has an entry that can never match or names no kind."""


class UnknownSource(LookupError):
    """The tenant has no such source."""


class UnknownKey(LookupError):
    """The source has no such write key."""


class KeyIsSpent(ValueError):
    """A key that was revoked or rotated away takes no further command."""


class UnknownRejection(LookupError):
    """The tenant has no such rejected event."""


class AlreadyReplayed(ValueError):
    """A rejected event is replayed once; what came of it is an event of its own."""


class NameTaken(ValueError):
    """The tenant has another source of this name."""
