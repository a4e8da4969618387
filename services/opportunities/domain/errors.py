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


class AccountUnknown(Exception):
    """No such account is known here, or not yet."""


class AccountClosed(Exception):
    """A closed account gets no new deals."""


class OwnerUnknown(Exception):
    """Nobody of that id works in this tenant, or no longer."""


class ReasonMissing(Exception):
    """A lost deal needs a reason code and a text (F63), a reopened one a text."""


class InvalidMoney(Exception):
    """An amount that cannot be: negative, too large, or of no currency."""


class PipelineExists(Exception):
    """There is such a pipeline already; it is edited, not made again."""


class PipelineInUse(Exception):
    """A pipeline with deals stays, and so do those that every tenant has."""


class StageInUse(Exception):
    """A stage with deals stays what it is; `extra["stages"]` names those."""

    def __init__(self, stages: Sequence[str]) -> None:
        super().__init__("Deals are in these stages: move them before.")
        self.extra = {"stages": list(stages)}


class InvalidPipeline(Exception):
    """Stages that make no pipeline; `extra["errors"]` names every fault by its place."""

    def __init__(self, faults: Sequence[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{fault['pointer']} {fault['detail']}" for fault in faults))
        self.extra = {"errors": list(faults)}
