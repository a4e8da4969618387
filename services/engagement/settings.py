"""What the engagement service is told by its environment."""

from pydantic import Field

from chassis.settings import Settings


class EngagementSettings(Settings, service="engagement"):
    """Shared settings and the limits of the front door."""

    events_per_second: int = Field(
        10_000, ge=2_500, description="per write key and process; beyond it 429 (F68)"
    )
    payload_days: int = Field(365, ge=7, description="so long the raw payload of an event is kept")
    key_seconds: float = Field(20, gt=0, le=45, description="a revoked key may work for so long elsewhere")
