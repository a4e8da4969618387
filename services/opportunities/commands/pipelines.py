"""Pipelines of a tenant: there from the first deal on, edited without breaking one."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from services.opportunities.domain import (
    DEFAULTS,
    Pipeline,
    PipelineExists,
    PipelineInUse,
    PipelineNotFound,
    checked,
    edited,
)
from services.opportunities.models import Opportunity, PipelineRow


def pipeline(uow: UnitOfWork, key: str) -> Pipeline:
    """A pipeline that stays as it is until the transaction ends. Raises PipelineNotFound."""
    return _locked(uow, key, read=True).pipeline


def list_pipelines(uow: UnitOfWork) -> list[PipelineRow]:
    """Every pipeline of the tenant, those that every tenant begins with among them."""
    mine = select(PipelineRow).where(PipelineRow.tenant_id == uow.tenant)
    mine = mine.order_by(PipelineRow.created_at, PipelineRow.key)
    rows = list(uow.session.scalars(mine))
    if not rows:
        bring_defaults(uow)
        rows = list(uow.session.scalars(mine))
    return rows


def find_pipeline(uow: UnitOfWork, key: str) -> Pipeline:
    """A pipeline to look at. Raises PipelineNotFound."""
    for row in list_pipelines(uow):
        if row.key == key:
            return row.pipeline
    raise PipelineNotFound("No such pipeline.")


def add_pipeline(uow: UnitOfWork, new: Pipeline) -> PipelineRow:
    """Another pipeline. Raises InvalidPipeline, PipelineExists."""
    bring_defaults(uow)
    made = _insert(uow, checked(new), uow.actor).returning(PipelineRow.key)
    if uow.session.execute(made).one_or_none() is None:
        raise PipelineExists("There is a pipeline of that key.")
    return uow.session.get_one(PipelineRow, (uow.tenant, new.key))


def edit_pipeline(uow: UnitOfWork, new: Pipeline, seen: Any) -> PipelineRow:
    """Gives a pipeline other stages. Raises PipelineNotFound, InvalidPipeline, StageInUse.

    Who moves a deal holds the pipeline until the end, so no deal comes into a stage that vanishes.
    """
    row = _locked(uow, new.key)
    seen(row.version)
    if edited(row.pipeline, new, _used(uow, new.key)) != row.pipeline:
        row.label, row.stages = new.label, _stages(new)
        row.version, row.updated_at, row.author = row.version + 1, uow.now, uow.actor
    return row


def remove_pipeline(uow: UnitOfWork, key: str, seen: Any) -> None:
    """Takes away a pipeline without deals. Raises PipelineNotFound, PipelineInUse."""
    row = _locked(uow, key)
    seen(row.version)
    if any(default.key == key for default in DEFAULTS):
        raise PipelineInUse("Conversions open deals in it.")
    if _used(uow, key):
        raise PipelineInUse("There are deals in it.")
    uow.session.delete(row)


def bring_defaults(uow: UnitOfWork) -> None:
    """Gives a tenant the pipelines that every tenant begins with; what it has already stays."""
    for default in DEFAULTS:
        uow.session.execute(_insert(uow, default, "system:opportunities"))


def _locked(uow: UnitOfWork, key: str, *, read: bool = False) -> PipelineRow:
    how = {"read": read}
    row = uow.session.get(PipelineRow, (uow.tenant, key), with_for_update=how)
    if row is None and any(default.key == key for default in DEFAULTS):
        bring_defaults(uow)
        row = uow.session.get(PipelineRow, (uow.tenant, key), with_for_update=how)
    if row is None:
        raise PipelineNotFound("No such pipeline.")
    return row


def _used(uow: UnitOfWork, key: str) -> set[str]:
    """Stages with deals, running or closed; withdrawn ones too, for their history names them."""
    mine = (Opportunity.tenant_id == uow.tenant, Opportunity.pipeline == key)
    return set(uow.session.scalars(select(Opportunity.stage).where(*mine).distinct()))


def _insert(uow: UnitOfWork, new: Pipeline, author: str) -> Any:
    row = insert(PipelineRow).values(
        tenant_id=uow.tenant,
        key=new.key,
        version=1,
        label=new.label,
        stages=_stages(new),
        author=author,
        created_at=uow.now,
        updated_at=uow.now,
    )
    return row.on_conflict_do_nothing()


def _stages(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [asdict(stage) for stage in pipeline.stages]
