"""Pipelines of a tenant: there from the first deal on."""

from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.opportunities.domain import DEFAULTS, Pipeline, PipelineNotFound
from services.opportunities.models import PipelineRow


def pipeline(uow: UnitOfWork, key: str) -> Pipeline:
    """A pipeline that stays as it is until the transaction ends. Raises PipelineNotFound."""
    held = {"read": True}
    row = uow.session.get(PipelineRow, (uow.tenant, key), with_for_update=held)
    if row is None and any(default.key == key for default in DEFAULTS):
        bring_defaults(uow)
        row = uow.session.get(PipelineRow, (uow.tenant, key), with_for_update=held)
    if row is None:
        raise PipelineNotFound("No such pipeline.")
    return row.pipeline


def bring_defaults(uow: UnitOfWork) -> None:
    """Gives a tenant the pipelines that every tenant begins with; what it has already stays."""
    for default in DEFAULTS:
        values = {
            "tenant_id": uow.tenant,
            "key": default.key,
            "version": 1,
            "label": default.label,
            "stages": [asdict(stage) for stage in default.stages],
            "author": "system:opportunities",
            "created_at": uow.now,
            "updated_at": uow.now,
        }
        uow.session.execute(insert(PipelineRow).values(values).on_conflict_do_nothing())
