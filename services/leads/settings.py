"""What the leads service is told by its environment."""

from chassis.imports import ImportDays
from chassis.settings import Settings


class LeadsSettings(Settings, service="leads"):
    """Shared settings, and for how long files wait."""

    import_days: ImportDays = 7
