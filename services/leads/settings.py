"""What the leads service is told by its environment."""

from chassis.settings import Settings


class LeadsSettings(Settings, service="leads"):
    """Shared settings; this service adds none."""
