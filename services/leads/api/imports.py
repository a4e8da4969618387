"""Files of leads at the API (F4)."""

from dataclasses import replace
from typing import Any

from chassis.auth import Caller
from chassis.db import UnitOfWork
from chassis.http.imports import Door, import_router
from chassis.imports import Plan
from services.leads.api.access import WRITERS
from services.leads.api.bodies.imports import LeadImportOptions, LeadImportPlan
from services.leads.api.rows import LEAD_ROWS
from services.leads.api.views.imports import LeadImportView, PreviewedLeadImportView
from services.leads.commands import check_custom


def planned(uow: UnitOfWork, caller: Caller, said: Any, known: Plan | None) -> Plan:
    """A rep's leads are the rep's own; those of others are given away by the rules.

    Raises UndefinedCustom.
    """
    assert isinstance(said, LeadImportPlan)
    check_custom(uow, said.mapping or {})
    owner = caller.user if "rep" in caller.roles else None
    known = known or Plan({}, "skip", {"lead_source": "import"}, owner)
    given = {"lead_source": said.lead_source} if said.lead_source else known.given
    return replace(known, duplicates=said.duplicates or known.duplicates, given=given)


router = import_router(
    Door(
        LEAD_ROWS,
        WRITERS,
        LeadImportPlan,
        LeadImportOptions,
        LeadImportView,
        PreviewedLeadImportView,
        planned,
    )
)
