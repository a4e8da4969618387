"""A file on its way to be leads."""

from chassis.http.imports import ImportView, PreviewedView
from services.leads.matching import Mode


class LeadImportView(ImportView):
    """A file on its way to be leads."""

    duplicates: Mode
    lead_source: str


class PreviewedLeadImportView(LeadImportView, PreviewedView):
    """An import with what would come of its first rows, as long as it waits for its start."""
