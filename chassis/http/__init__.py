"""HTTP in: what a service's api.py is made of. Knows no service.

    router = Router(prefix="/api/leads", tags=["leads"])
    ERRORS = {LeadNotFound: (404, "Lead not found"), NotAllowedNow: (409, "Not possible in this status")}

    class NewLead(RequestModel):              # unknown fields, "5" for 5, NUL: refused; texts trimmed
        name: str = Field(min_length=1, max_length=200)

    @router.post("", status_code=201)
    @accepts(idempotency_key="required")      # optional elsewhere; kept in the same transaction either way
    def create_lead(body: NewLead, uow: Transaction, caller: CallerDep, response: Response) -> LeadView:
        lead = commands.create_lead(uow, body.name)         # committed by the chassis before the answer
        response.headers["ETag"] = etag(lead.version)
        return view(lead)

    @router.get("")
    def list_leads(uow: Transaction, paging: PagingDep, status: Status | None = None) -> Page[LeadView]:
        rows = queries.leads(uow, status, after=paging.after, limit=paging.fetch)   # after = (created_at, id)
        return paging.page(rows, position=lambda row: (row.created_at, row.id), view=view)

    @router.patch("/{lead}", dependencies=[require("rep", "admin")])
    def change_lead(lead: Id, body: LeadChange, uow: Transaction, seen: RequiredIfMatch) -> LeadView:
        return view(commands.change_lead(uow, lead, body.model_dump(exclude_unset=True), seen.check))

Every route wants a bearer token unless `@accepts(public=True)`; `read_json(request)` reads what such a route
gets, in any media type, gzip or not. Domain errors become problems by the table; `Problem` says the rest.
"""

from chassis.http.app import create_app
from chassis.http.bodies import read_body, read_json, strict_json
from chassis.http.deps import CallerDep, IdempotencyKey, RuntimeDep, ScopeDep, Transaction, UnitsDep, require
from chassis.http.forms import File, Form, FormDep
from chassis.http.models import Confirmed, Day, Id, RequestModel, Timestamp, View
from chassis.http.paging import Page, Paging, PagingDep
from chassis.http.preconditions import IfMatch, Precondition, RequiredIfMatch, etag
from chassis.http.problems import ErrorTable, Problem, faults_of, unavailable
from chassis.http.rates import client_address, enforce_rate, rate_limit
from chassis.http.routing import Router
from chassis.http.rules import accepts
from chassis.http.transactions import Units

__all__ = [
    "CallerDep",
    "Confirmed",
    "Day",
    "ErrorTable",
    "File",
    "Form",
    "FormDep",
    "Id",
    "IdempotencyKey",
    "IfMatch",
    "Page",
    "Paging",
    "PagingDep",
    "Precondition",
    "Problem",
    "RequestModel",
    "RequiredIfMatch",
    "Router",
    "RuntimeDep",
    "ScopeDep",
    "Timestamp",
    "Transaction",
    "Units",
    "UnitsDep",
    "View",
    "accepts",
    "client_address",
    "create_app",
    "enforce_rate",
    "etag",
    "faults_of",
    "rate_limit",
    "read_body",
    "read_json",
    "require",
    "strict_json",
    "unavailable",
]
