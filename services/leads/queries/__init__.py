"""SQL to view rows: lists of leads, receipts, histories."""

from services.leads.queries.assignments import list_assignments
from services.leads.queries.conversions import get_conversion, list_conversions
from services.leads.queries.history import Entry, history
from services.leads.queries.leads import After, Wanted, get_lead, list_leads, receipt
from services.leads.queries.rules import list_rule_sets
from services.leads.queries.visibility import only_visible, visible

__all__ = [
    "After",
    "Entry",
    "Wanted",
    "get_conversion",
    "get_lead",
    "history",
    "list_assignments",
    "list_conversions",
    "list_leads",
    "list_rule_sets",
    "only_visible",
    "receipt",
    "visible",
]
