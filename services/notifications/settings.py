"""What the notifications service is told by its environment."""

from typing import Literal

from pydantic import Field

from chassis.settings import Settings


class NotificationsSettings(Settings, service="notifications"):
    """Shared settings and this service's own."""

    mail_from: str = Field("SalesCompass <alerts@salescompass.local>", description="From of every e-mail")
    stream_host: Literal["confluent", "faust"] = "faust"
    """Alerts are few and have timers, which Faust carries at a tenth of the load; confluent works as well."""
