"""What the accounts service is told by its environment."""

from chassis.settings import Settings


class AccountsSettings(Settings, service="accounts"):
    """Shared settings; this service adds none."""
