"""HTTP in: opportunities, their pipelines, what they come to."""

from chassis.http import ErrorTable
from services.opportunities.api import opportunities, pipelines, reports
from services.opportunities.domain import (
    AccountClosed,
    AccountUnknown,
    InvalidMoney,
    InvalidPipeline,
    NotAllowedNow,
    OpportunityNotFound,
    OwnerUnknown,
    PipelineExists,
    PipelineInUse,
    PipelineNotFound,
    ReasonMissing,
    StageInUse,
)

ROUTERS = (pipelines.router, reports.router, opportunities.router)
"""Opportunities last: the paths of the others would pass for the id of one."""
ERRORS: ErrorTable = {
    OpportunityNotFound: (404, "Opportunity not found"),
    PipelineNotFound: (404, "Pipeline not found"),
    NotAllowedNow: (409, "Not possible in this stage"),
    AccountUnknown: (409, "Account not known"),
    AccountClosed: (409, "Account closed"),
    OwnerUnknown: (409, "Nobody to give it to"),
    PipelineExists: (409, "Exists already"),
    PipelineInUse: (409, "In use"),
    StageInUse: (409, "In use"),
    ReasonMissing: (422, "A reason is needed"),
    InvalidMoney: (422, "No such amount"),
    InvalidPipeline: (422, "These stages make no pipeline"),
}
