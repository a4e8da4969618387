"""What keeps a lead from being converted."""

from uuid import UUID


class ConversionNotFound(Exception):
    """There is no such conversion in this tenant."""


class NotQualified(Exception):
    """Only a qualified lead can be converted (F29); `extra["allowed"]` says from where."""

    def __init__(self, status: str) -> None:
        super().__init__(f"A lead that is {status} cannot be converted: qualify it first.")
        self.extra = {"allowed": ["qualified"]}


class AlreadyConverted(Exception):
    """The lead was converted by another command; `extra` says by which."""

    def __init__(self, conversion: UUID) -> None:
        super().__init__("The lead is converted already.")
        self.extra = {"conversion_id": str(conversion), "allowed": []}


class ConversionActive(Exception):
    """A conversion of the lead is under way: until its end nothing else moves the lead."""

    def __init__(self, conversion: UUID) -> None:
        super().__init__("A conversion of this lead is under way.")
        self.extra = {"conversion_id": str(conversion), "allowed": []}


class OtherCommand(Exception):
    """The Idempotency-Key was used for another conversion command (G11)."""


class ConversionRefused(Exception):
    """Another service refused its step; nothing is left of the conversion."""

    def __init__(self, code: str, reason: str, conversion: UUID) -> None:
        super().__init__(reason)
        self.extra = {"code": code, "conversion_id": str(conversion), "allowed": ["convert"]}


class AlreadyOver(Exception):
    """The conversion has come to its end: it cannot be cancelled any more."""
