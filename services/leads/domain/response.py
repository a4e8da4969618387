"""Where a tenant is at home, and how soon its leads are to be answered by a human (F84)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Response:
    """What a tenant says of it."""

    home_country: str | None = None
    """Whose telephone numbers are meant where a lead names no country."""
    respond_within_seconds: int = 24 * 3600
    """From creation to the first human contact."""

    def due(self, created_at: datetime) -> datetime:
        """When the first human contact with a lead is due."""
        return created_at + timedelta(seconds=self.respond_within_seconds)
