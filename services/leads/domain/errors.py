"""What cannot be, whatever the status."""


class ColleagueNotFound(Exception):
    """Nobody who works in this tenant has this id."""


class OwnedAlready(Exception):
    """Somebody else owns the lead: it is not in the queue any more."""


class LeadNotFound(Exception):
    """There is no such lead in this tenant."""


class RuleSetNotFound(Exception):
    """There is no such version of the scoring rules in this tenant."""


class AlreadyPublished(Exception):
    """A published rule set is never changed; draft another one."""
