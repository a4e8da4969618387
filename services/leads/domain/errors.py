"""What cannot be, whatever the status."""


class ColleagueNotFound(Exception):
    """Nobody who works in this tenant has this id."""


class OwnedAlready(Exception):
    """Somebody else owns the lead: it is not in the queue any more."""


class LeadNotFound(Exception):
    """There is no such lead in this tenant."""


class SuspicionNotFound(Exception):
    """The lead is not suspected to be that record."""


class RuleSetNotFound(Exception):
    """There is no such version of the scoring rules in this tenant."""


class AlreadyPublished(Exception):
    """A published rule set is never changed; draft another one."""


class ImportNotFound(Exception):
    """There is no such import in this tenant."""


class ImportNotNow(Exception):
    """The import's state does not allow this."""

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"An import that is {state} cannot be {wanted}.")
