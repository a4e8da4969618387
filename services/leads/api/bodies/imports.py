"""How a file is to become leads."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.http import RequestModel
from services.leads.api.bodies.leads import SourceKey
from services.leads.importing import Encoding
from services.leads.importing import Field as Column
from services.leads.matching import Mode


class ImportPlan(RequestModel):
    """How a file is to become leads; what is left out stays as it was, or is found out."""

    mapping: Annotated[
        dict[Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,3})$")], Column] | None,
        Field(description="place of a column, from 0, to the field that it means"),
    ] = None
    duplicates: Mode | None = None
    lead_source: SourceKey | None = None
    dry_run: bool = False


class ImportOptions(ImportPlan):
    """How a file is read, and whether its rows become leads at once or wait for a start."""

    encoding: Encoding | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    start: bool = True
