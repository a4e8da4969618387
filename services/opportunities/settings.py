"""What the opportunities service is told by its environment."""

from chassis.settings import Settings


class OpportunitiesSettings(Settings, service="opportunities"):
    """Shared settings; this service adds none."""
