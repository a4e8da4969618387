"""CSV as leads (F4): what a file says, and which column means what. Pure: no clock, no I/O."""

from services.leads.importing.mapping import Field, Mapping, fields_of, propose
from services.leads.importing.reading import (
    LARGEST,
    Encoding,
    Row,
    Sheet,
    Unreadable,
    decoded,
    read_sheet,
    rows_of,
)
from services.leads.importing.writing import as_csv, harmless

__all__ = [
    "LARGEST",
    "Encoding",
    "Field",
    "Mapping",
    "Row",
    "Sheet",
    "Unreadable",
    "as_csv",
    "decoded",
    "fields_of",
    "harmless",
    "propose",
    "read_sheet",
    "rows_of",
]
