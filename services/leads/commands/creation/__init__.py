"""How leads come to be (F1, F5): normal forms, duplicates, first score, rows, events; one or many at once.

Every way in comes through here: API, forms, bulk, imports, accounts. The number of statements does not
depend on the number of entries.
"""

from services.leads.commands.creation.entering import Entered, create_lead, create_leads
from services.leads.commands.creation.entries import Entry, Fault, foresee, look_up, unfit

__all__ = ["Entered", "Entry", "Fault", "create_lead", "create_leads", "foresee", "look_up", "unfit"]
