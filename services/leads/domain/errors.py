"""What cannot be, whatever the status."""


class ColleagueNotFound(Exception):
    """Nobody who works in this tenant has this id."""


class OwnedAlready(Exception):
    """Somebody else owns the lead: it is not in the queue any more."""


class UnknownAccount(ValueError):
    """No open account of the tenant that leads has heard of.

    One that was opened a moment ago may not have been told yet: whoever wants a lead of it asks again.
    """

    field = "account_id"

    def __init__(self) -> None:
        super().__init__("There is no open account of this id, or none that is known yet.")
        told = "is no open account, or one of the last seconds: then ask again"
        self.extra = {"errors": [{"pointer": f"#/{self.field}", "detail": told}]}


class LeadNotFound(Exception):
    """There is no such lead in this tenant."""


class PersonErased(Exception):
    """The person behind the lead was erased: what is left of it is history (F109)."""


class SuspicionNotFound(Exception):
    """The lead is not suspected to be that record."""


class RuleSetNotFound(Exception):
    """There is no such version of the scoring rules in this tenant."""


class AlreadyPublished(Exception):
    """A published rule set is never changed; draft another one."""
