"""What the notifications service is told by its environment."""

from pydantic import Field

from chassis.settings import Settings


class NotificationsSettings(Settings, service="notifications"):
    """Shared settings and the sender's address."""

    mail_from: str = Field("SalesCompass <alerts@salescompass.local>", description="From of every e-mail")
