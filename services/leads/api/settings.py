"""Routes of what a tenant decides for itself."""

from dataclasses import asdict

from fastapi import Response as Answer

from chassis.http import RequiredIfMatch, Router, Transaction, etag, require
from services.leads import commands
from services.leads.api.bodies.settings import CustomFieldsBody, LabelsBody, ResponseBody
from services.leads.api.views.settings import CustomFieldsView, LabelsView, ResponseView, labels_view
from services.leads.commands.settings import CUSTOM_FIELDS, LABELS, RESPONSE
from services.leads.domain import Labels, Response

router = Router(prefix="/api/leads", tags=["settings"])
ADMIN = require("admin")


@router.get("/settings/response")
def get_response_setting(uow: Transaction, answer: Answer) -> ResponseView:
    """Where the tenant is at home, and how soon its leads are to be answered."""
    value, version = commands.read_setting(uow, RESPONSE)
    answer.headers["ETag"] = etag(version)
    return ResponseView(**asdict(Response(**value)))


@router.put("/settings/response", dependencies=[ADMIN])
def put_response_setting(
    body: ResponseBody, uow: Transaction, seen: RequiredIfMatch, answer: Answer
) -> ResponseView:
    """Decides it for leads to come; those that are there keep their time."""
    value = body.model_dump()
    answer.headers["ETag"] = etag(commands.store_setting(uow, RESPONSE, value, seen.check))
    return ResponseView(**value)


@router.get("/labels")
def get_labels(uow: Transaction, answer: Answer) -> LabelsView:
    """What the tenant calls statuses, sources and industries (F6)."""
    stored, version = commands.read_setting(uow, LABELS)
    answer.headers["ETag"] = etag(version)
    return labels_view(Labels.of(stored))


@router.put("/labels", dependencies=[ADMIN])
def put_labels(body: LabelsBody, uow: Transaction, seen: RequiredIfMatch, answer: Answer) -> LabelsView:
    """Decides it; leads keep their system keys, so that rules and reports stay the same."""
    value = body.model_dump()
    answer.headers["ETag"] = etag(commands.store_labels(uow, value, seen.check))
    return labels_view(Labels.of(value))


@router.get("/settings/custom-fields")
def get_custom_fields(uow: Transaction, answer: Answer) -> CustomFieldsView:
    """The fields that the tenant gives its leads itself (F47)."""
    stored, version = commands.read_setting(uow, CUSTOM_FIELDS)
    answer.headers["ETag"] = etag(version)
    return CustomFieldsView.model_validate({"custom_fields": stored})


@router.put("/settings/custom-fields", dependencies=[ADMIN])
def put_custom_fields(
    body: CustomFieldsBody, uow: Transaction, seen: RequiredIfMatch, answer: Answer
) -> CustomFieldsView:
    """Decides it, whole. A field that is left out takes no new values; what leads hold in it stays."""
    value = body.model_dump()["custom_fields"]
    answer.headers["ETag"] = etag(commands.store_setting(uow, CUSTOM_FIELDS, value, seen.check))
    return CustomFieldsView.model_validate({"custom_fields": value})
