"""SQL to view rows."""

from services.opportunities.queries.opportunities import get_opportunity

__all__ = ["get_opportunity"]
