"""SQL to view rows: lists, boards, histories, forecasts, results."""

from services.opportunities.queries.forecast import Span, Verdict, forecast_at, verdicts
from services.opportunities.queries.opportunities import (
    After,
    Order,
    Wanted,
    attributes_of,
    get_opportunity,
    history,
    list_opportunities,
    there,
    totals,
)
from services.opportunities.queries.performance import Closed, Results, results

__all__ = [
    "After",
    "Closed",
    "Order",
    "Results",
    "Span",
    "Verdict",
    "Wanted",
    "attributes_of",
    "forecast_at",
    "get_opportunity",
    "history",
    "list_opportunities",
    "results",
    "there",
    "totals",
    "verdicts",
]
