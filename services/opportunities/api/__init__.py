"""HTTP in: opportunities and their pipelines."""

from chassis.http import ErrorTable
from services.opportunities.api import opportunities
from services.opportunities.domain import (
    InvalidMoney,
    NotAllowedNow,
    OpportunityNotFound,
    PipelineNotFound,
    ReasonMissing,
)

ROUTERS = (opportunities.router,)
ERRORS: ErrorTable = {
    OpportunityNotFound: (404, "Opportunity not found"),
    PipelineNotFound: (404, "Pipeline not found"),
    NotAllowedNow: (409, "Not possible in this stage"),
    ReasonMissing: (422, "A reason is needed"),
    InvalidMoney: (422, "No such amount"),
}
