"""What the rules of this service refuse, by name. They know no HTTP."""

from collections.abc import Sequence


class OpportunityNotFound(Exception):
    """There is no such opportunity in this tenant."""


class PipelineNotFound(Exception):
    """There is no such pipeline in this tenant."""


class NotAllowedNow(Exception):
    """The stage of the deal does not allow this; `extra["allowed"]` says where it may go."""

    def __init__(self, detail: str, allowed: Sequence[str]) -> None:
        super().__init__(detail)
        self.extra = {"allowed": list(allowed)}


class ReasonMissing(Exception):
    """A lost deal needs a reason code and a text (F63), a reopened one a text."""


class InvalidMoney(Exception):
    """An amount that cannot be: negative, too large, or of no currency."""
