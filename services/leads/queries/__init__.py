"""SQL to view rows: lists of leads, receipts, histories."""

from services.leads.queries.assignments import list_assignments
from services.leads.queries.conversions import get_conversion, list_conversions, only_visible_conversion
from services.leads.queries.costs import leads_won
from services.leads.queries.duplicates import LeadDuplicates, duplicates_of
from services.leads.queries.forms import get_form, list_forms, list_submissions
from services.leads.queries.history import Entry, history
from services.leads.queries.leads import After, Wanted, get_lead, list_leads, receipt
from services.leads.queries.rules import list_rule_sets
from services.leads.queries.visibility import only_visible, visible

__all__ = [
    "After",
    "Entry",
    "LeadDuplicates",
    "Wanted",
    "duplicates_of",
    "get_conversion",
    "get_form",
    "get_lead",
    "history",
    "leads_won",
    "list_assignments",
    "list_conversions",
    "list_forms",
    "list_leads",
    "list_rule_sets",
    "list_submissions",
    "only_visible",
    "only_visible_conversion",
    "receipt",
    "visible",
]
