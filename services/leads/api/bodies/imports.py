"""How a file is to become leads."""

import re
from typing import Annotated, get_args

from pydantic import AfterValidator, Field, WithJsonSchema

from chassis.http.imports import ImportOptions, ImportPlan, Place
from services.leads.api.bodies.leads import SourceKey
from services.leads.domain import CUSTOM
from services.leads.domain.custom import NAME
from services.leads.importing import Field as Known
from services.leads.matching import Mode

OWN = f"^{re.escape(CUSTOM)}{NAME}$"


def _column(name: str) -> str:
    if name in get_args(Known) or re.fullmatch(OWN, name):
        return name
    raise ValueError(f"must be custom.<name> or one of {', '.join(get_args(Known))}")


Column = Annotated[
    str,
    AfterValidator(_column),
    WithJsonSchema({"anyOf": [{"enum": list(get_args(Known))}, {"type": "string", "pattern": OWN}]}),
]
"""A field of a lead, or one of the tenant's own."""


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
