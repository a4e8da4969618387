"""Routes of what a tenant decides for itself."""

from dataclasses import asdict

from fastapi import Response as Answer

from chassis.http import RequiredIfMatch, Router, Transaction, etag, require
from services.leads import commands
from services.leads.api.bodies import ResponseBody
from services.leads.api.views import ResponseView
from services.leads.commands.settings import RESPONSE
from services.leads.domain import Response

router = Router(prefix="/api/leads/settings", tags=["settings"])
ADMIN = require("admin")


@router.get("/response")
def get_response_setting(uow: Transaction, answer: Answer) -> ResponseView:
    """Where the tenant is at home, and how soon its leads are to be answered."""
    value, version = commands.read_setting(uow, RESPONSE)
    answer.headers["ETag"] = etag(version)
    return ResponseView(**asdict(Response(**value)))


@router.put("/response", dependencies=[ADMIN])
def put_response_setting(
    body: ResponseBody, uow: Transaction, seen: RequiredIfMatch, answer: Answer
) -> ResponseView:
    """Decides it for leads to come; those that are there keep their time."""
    value = body.model_dump()
    answer.headers["ETag"] = etag(commands.store_setting(uow, RESPONSE, value, seen.check))
    return ResponseView(**value)
