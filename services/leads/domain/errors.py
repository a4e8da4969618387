"""What cannot be, whatever the status."""


class LeadNotFound(Exception):
    """There is no such lead in this tenant."""


class RuleSetNotFound(Exception):
    """There is no such version of the scoring rules in this tenant."""


class AlreadyPublished(Exception):
    """A published rule set is never changed; draft another one."""
