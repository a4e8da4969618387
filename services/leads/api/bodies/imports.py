"""How a file is to become leads."""

from typing import Annotated

from pydantic import Field

from chassis.http.imports import ImportOptions, ImportPlan, Place
from services.leads.api.bodies.leads import SourceKey
from services.leads.importing import Field as Column
from services.leads.matching import Mode


class LeadImportPlan(ImportPlan):
    """How a file is to become leads; what is left out stays as it was, or is found out."""

    mapping: Annotated[
        dict[Place, Column] | None,
        Field(description="place of a column, from 0, to the field that it means"),
    ] = None
    duplicates: Annotated[
        Mode | None, Field(description="who is there already (same e-mail or phone): left out, see skip")
    ] = None
    lead_source: SourceKey | None = None


class LeadImportOptions(LeadImportPlan, ImportOptions):
    """How a file is read, and whether its rows become leads at once or wait for a start."""
