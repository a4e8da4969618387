"""The public door of web forms: submissions in, the script that a page embeds, the confirming link (F2)."""

import base64
import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

from chassis.db import UnitOfWork
from chassis.http import (
    Problem,
    Router,
    RuntimeDep,
    accepts,
    client_address,
    enforce_rate,
    read_body,
    strict_json,
)
from chassis.http.signing import Forged, Signer
from chassis.ids import derived_id, new_id
from chassis.runtime import Runtime
from services.leads import commands
from services.leads.api.bodies.leads import ConsentBody, NewLead, draft_of
from services.leads.commands import Sent
from services.leads.domain import Channel, FormNotFound, Reading, UnfitCustom
from services.leads.form_keys import tenant_of
from services.leads.models import Form, FormSubmission

router = Router(prefix="/api/leads/forms", tags=["forms"])
LARGEST = 64 * 1024
"""Bytes of a submission, unpacked."""
MOST_FIELDS = 200
PER_ADDRESS, PER_FORM = "30/minute", "600/minute"
SUBMISSION = "submission_id"
"""The field by which a page says that it sends the same again."""


@router.post("/{key}/submissions", status_code=201)
@accepts(public=True, max_body=LARGEST)
async def submit(key: str, request: Request, runtime: RuntimeDep) -> Response:
    """Takes what a page sends, as JSON or form-encoded; says what the page may show, nothing of the lead."""
    form = await run_in_threadpool(_form, runtime, key)
    allowed = _cors(request, form)
    _count(request, form)
    raw = await read_body(request, LARGEST)
    encoded = not raw.lstrip().startswith(b"{")
    fields = _decoded(raw) if encoded else _texts(strict_json(raw))
    sent = _sent(form, fields, runtime.clock.now())
    row = await run_in_threadpool(_take, runtime, form, sent)
    return _thanks(form, row, allowed, encoded and "text/html" in request.headers.get("accept", ""))


@router.options("/{key}/submissions", status_code=204)
@accepts(public=True)
async def ask_first(key: str, request: Request, runtime: RuntimeDep) -> Response:
    """What a browser asks before it sends JSON from another site."""
    form = await run_in_threadpool(_form, runtime, key)
    methods = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type"}
    return Response(status_code=204, headers=_cors(request, form) | methods)


@router.get("/{key}/embed.js")
@accepts(public=True)
async def embed(key: str, runtime: RuntimeDep) -> Response:
    """The script that makes a page's own form send itself here."""
    form = await run_in_threadpool(_form, runtime, key)
    url = f"{runtime.settings.public_url.rstrip('/')}{router.prefix}/{form.key}/submissions"
    told = {"key": form.key, "url": url, "honeypot": form.honeypot, "message": form.message}
    text = _script().replace("__FORM__", json.dumps(told | {"redirect": form.redirect_url}))
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(text, media_type="text/javascript", headers=headers)


@router.get("/confirmations/{token}")
@accepts(public=True)
async def confirm(token: str, runtime: RuntimeDep) -> Response:
    """Confirms an address: what waited becomes a lead, once."""
    try:
        tenant, form_id, submission = map(UUID, _signer(runtime).read(token))
    except Forged:
        raise Problem(404) from None

    def work(uow: UnitOfWork) -> Form:
        return commands.confirm_submission(uow, runtime.vault, form_id, submission, _read_again)

    form = await run_in_threadpool(runtime.database.run, tenant, f"source:{form_id}", work)
    if form.redirect_url:
        return RedirectResponse(form.redirect_url, 303)
    return PlainTextResponse(form.message)


def _form(runtime: Runtime, key: str) -> Form:
    """The form of a key. Raises Problem 404 alike for a key that is none, unknown or switched off."""
    if (tenant := tenant_of(key)) is None:
        raise Problem(404)
    try:
        return runtime.database.run(tenant, "system:forms", lambda uow: commands.form_of_key(uow, key))
    except FormNotFound:
        raise Problem(404) from None


def _cors(request: Request, form: Form) -> dict[str, str]:
    """What lets a page of an allowed site read the answer. Raises Problem 403 for another site's page."""
    origin = request.headers.get("origin")
    if origin is None:
        return {}
    if form.origins and origin.lower() not in {str(one).lower() for one in form.origins}:
        raise Problem(403, detail="Pages of this site may not send this form.")
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _count(request: Request, form: Form) -> None:
    enforce_rate(request, "form", PER_FORM, str(form.id))
    enforce_rate(request, "form-address", PER_ADDRESS, f"{form.id} {client_address(request)}")


def _decoded(raw: bytes) -> dict[str, str]:
    """The fields of a form-encoded body. Raises Problem 400, 422."""
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Problem(400, detail="The body is neither JSON nor form-encoded UTF-8.") from None
    return _texts(dict(pairs))


def _texts(body: Any) -> dict[str, str]:
    """The fields as texts. Raises Problem 422 for what no page's form sends."""
    if not isinstance(body, dict) or len(body) > MOST_FIELDS:
        raise Problem(422, detail=f"The body must be an object of at most {MOST_FIELDS} texts.")
    faults = [
        {"pointer": f"#/{name}", "detail": "must be a text"}
        for name, value in body.items()
        if not isinstance(value, str) or "\x00" in value or "\x00" in name
    ]
    if faults:
        raise Problem(422, detail="The body is not acceptable.", errors=faults)
    return body


def _sent(form: Form, fields: dict[str, str], now: datetime) -> Sent:
    """The submission, checked as every lead is. Raises Problem 422 that names the form's own fields."""
    fields = dict(fields)
    given = fields.pop(SUBMISSION, "")
    id = derived_id("submission", form.id, given) if given else new_id()
    robot = form.layout.robot(fields)
    reading = form.layout.read(fields)
    draft = {} if robot else _draft(form, reading, now)
    if not (robot or reading.fields):
        raise Problem(422, detail="Nothing of the form is filled in.")
    if not robot and form.double_opt_in and not draft.get("email"):
        raise _unfit([(form.layout.field_of("email"), "is needed")])
    return Sent(id, fields, draft, reading.unmapped, robot)


def _draft(form: Form, reading: Reading, now: datetime) -> dict[str, Any]:
    proof = f"Form {form.name}, version {form.version}"
    yes = ConsentBody(state="granted", source="web_form", proof=proof)
    consents: dict[Channel, ConsentBody] = dict.fromkeys(reading.consents, yes)  # type: ignore[arg-type]
    try:
        lead = NewLead.model_validate({**reading.fields, "lead_source": "web_form", "consents": consents})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise _unfit(
            [
                (form.layout.field_of(str(fault["loc"][0])), fault["msg"].removeprefix("Value error, "))
                for fault in faults
            ]
        ) from None
    return draft_of(lead, now)


def _unfit(faults: list[tuple[str, str]]) -> Problem:
    errors = [{"pointer": f"#/{name}", "detail": what} for name, what in faults]
    return Problem(422, detail="The form does not hold what is asked for.", errors=errors)


def _read_again(form: Form, row: FormSubmission) -> Sent:
    return _sent(form, row.sent, row.received_at)


def _take(runtime: Runtime, form: Form, sent: Sent) -> FormSubmission:
    def link(submission: UUID, until: datetime) -> str:
        token = _signer(runtime).sign([str(form.tenant_id), str(form.id), str(submission)])
        return f"{runtime.settings.public_url.rstrip('/')}{router.prefix}/confirmations/{token}"

    def work(uow: UnitOfWork) -> FormSubmission:
        return commands.take_submission(uow, runtime.vault, form, sent, link)

    try:
        return runtime.database.run(form.tenant_id, f"source:{form.id}", work)
    except UnfitCustom as error:
        raise _unfit([(form.layout.field_of(name), what) for name, what in error.faults]) from None


def _signer(runtime: Runtime) -> Signer:
    key = base64.b64decode(runtime.settings.cursor_key.get_secret_value())
    return Signer(key, "form-confirmation")


def _thanks(form: Form, row: FormSubmission, allowed: dict[str, str], page: bool) -> Response:
    """The same to people and robots; a page without a script is led on."""
    if page and form.redirect_url:
        return RedirectResponse(form.redirect_url, 303, headers=allowed)
    if page:
        return PlainTextResponse(form.message, 201, headers=allowed)
    body = {"submission_id": str(row.id), "message": form.message, "redirect_url": form.redirect_url}
    confirm = form.double_opt_in and row.outcome != "accepted"
    return JSONResponse(body | {"confirmation_sent": confirm}, 201, headers=allowed)


@cache
def _script() -> str:
    return files("services.leads").joinpath("embed.js").read_text()
