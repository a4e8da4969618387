"""CSV as accounts (F4): which column means what of an account. Pure: no clock, no I/O."""

from services.accounts.importing.mapping import HEADERS, Field, fields_of

__all__ = ["HEADERS", "Field", "fields_of"]
