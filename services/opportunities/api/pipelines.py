"""Routes of pipelines and of the currencies that amounts have."""

from typing import Annotated

from fastapi import Path, Response

from chassis.http import RequiredIfMatch, Router, Transaction, accepts, etag, require
from chassis.money import DECIMALS
from services.opportunities import commands
from services.opportunities.api.bodies import KEY, NewPipeline, PipelineBody
from services.opportunities.api.views import (
    CurrenciesView,
    CurrencyView,
    PipelinesView,
    PipelineView,
    pipeline_view,
)
from services.opportunities.models import PipelineRow

router = Router(prefix="/api/opportunities", tags=["pipelines"])
EDITORS = require("manager", "admin")
Name = Annotated[str, Path(pattern=KEY)]


@router.get("/pipelines")
def list_pipelines(uow: Transaction) -> PipelinesView:
    """Every pipeline of the tenant."""
    return PipelinesView(pipelines=[pipeline_view(row) for row in commands.list_pipelines(uow)])


@router.post("/pipelines", status_code=201, dependencies=[EDITORS])
@accepts(idempotency_key="optional")
def add_pipeline(body: NewPipeline, uow: Transaction, response: Response) -> PipelineView:
    """Another pipeline."""
    return _shown(commands.add_pipeline(uow, body.pipeline(body.key)), response)


@router.put("/pipelines/{pipeline}", dependencies=[EDITORS])
def edit_pipeline(
    pipeline: Name, body: PipelineBody, uow: Transaction, seen: RequiredIfMatch, response: Response
) -> PipelineView:
    """Other label and stages; 409 where a stage with deals would vanish or mean something else."""
    return _shown(commands.edit_pipeline(uow, body.pipeline(pipeline), seen.check), response)


@router.delete("/pipelines/{pipeline}", status_code=204, dependencies=[EDITORS])
def remove_pipeline(pipeline: Name, uow: Transaction, seen: RequiredIfMatch) -> None:
    """Takes away a pipeline without deals."""
    commands.remove_pipeline(uow, pipeline, seen.check)


@router.get("/currencies")
def list_currencies() -> CurrenciesView:
    """Currencies and the decimals of their minor units."""
    known = [CurrencyView(code=code, decimals=decimals) for code, decimals in sorted(DECIMALS.items())]
    return CurrenciesView(currencies=known)


def _shown(row: PipelineRow, response: Response) -> PipelineView:
    response.headers["ETag"] = etag(row.version)
    return pipeline_view(row)
