"""What the accounts service is told by its environment."""

from chassis.imports import ImportDays
from chassis.settings import Settings


class AccountsSettings(Settings, service="accounts"):
    """Shared settings, and for how long files wait."""

    import_days: ImportDays = 7
