"""SQL to view rows."""

from services.accounts.queries.accounts import (
    After,
    EsgGroup,
    Order,
    Wanted,
    esg_report,
    get_account,
    list_accounts,
    sort_value,
    visible,
)
from services.accounts.queries.history import (
    Growth,
    Position,
    growth_of,
    health_lines,
    health_series,
    list_contacts,
    list_team,
    timeline,
)

__all__ = [
    "After",
    "EsgGroup",
    "Growth",
    "Order",
    "Position",
    "Wanted",
    "esg_report",
    "get_account",
    "growth_of",
    "health_lines",
    "health_series",
    "list_accounts",
    "list_contacts",
    "list_team",
    "sort_value",
    "timeline",
    "visible",
]
