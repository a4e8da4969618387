"""What this service says no to."""


class NotificationsError(Exception):
    """A rule of this service says no."""


class NotFound(NotificationsError):
    """There is no such alert, or inbox item of this person."""


class AlreadyResolved(NotificationsError):
    """The alert's cause has ended: there is nothing to acknowledge."""


class OnlyForward(NotificationsError):
    """The business clock never goes back."""


class RealTime(NotificationsError):
    """The clock of a production system is the wall clock."""


class UnknownAlert(NotificationsError):
    """Something is said about an alert that was never raised here."""
