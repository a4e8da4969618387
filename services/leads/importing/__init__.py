"""CSV as leads (F4): which column means what of a lead. Pure: no clock, no I/O."""

from services.leads.importing.mapping import HEADERS, Field, fields_of, nested

__all__ = ["HEADERS", "Field", "fields_of", "nested"]
