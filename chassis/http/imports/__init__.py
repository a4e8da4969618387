"""Imports of a service over HTTP (F4). A service says by a `Door` what is special about its own."""

from chassis.http.imports.bodies import ImportOptions, ImportPlan, ImportView, Place, PreviewedView
from chassis.http.imports.door import Door
from chassis.http.imports.routes import ERRORS, import_router, row_faults

__all__ = [
    "ERRORS",
    "Door",
    "ImportOptions",
    "ImportPlan",
    "ImportView",
    "Place",
    "PreviewedView",
    "import_router",
    "row_faults",
]
