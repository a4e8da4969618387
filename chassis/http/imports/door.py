"""What a service says of its imports to the routes that all services have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chassis.auth import Caller
from chassis.db import UnitOfWork
from chassis.http.imports.bodies import ImportOptions, ImportPlan, ImportView
from chassis.imports import Importable, Plan


@dataclass(frozen=True)
class Door:
    """How imports of a kind are spoken of at the API."""

    kind: Importable[Any]
    writers: Any
    """Dependency that lets in who may import."""
    plan: type[ImportPlan]
    options: type[ImportOptions]
    view: type[ImportView]
    previewed: Any
    """The view, and a PreviewedView."""
    planned: Callable[[UnitOfWork, Caller, Any, Plan | None], Plan]
    """What a caller wants, over what is planned already: None at the upload. The mapping is not its part."""

    @property
    def address(self) -> str:
        """Where imports are."""
        return f"/api/{self.kind.service}/imports"
