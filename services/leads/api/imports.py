"""Routes of imports (F4): a file uploaded, looked at, started, followed, its refused rows fetched."""

from itertools import islice
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import ValidationError

from chassis.http import (
    CallerDep,
    File,
    Form,
    FormDep,
    Id,
    IdempotencyKey,
    Page,
    PagingDep,
    Problem,
    Router,
    RuntimeDep,
    Transaction,
    accepts,
    faults_of,
    rate_limit,
    strict_json,
)
from chassis.ids import derived_id, new_id
from services.leads import commands, queries
from services.leads.api.access import WRITERS
from services.leads.api.bodies.imports import ImportOptions, ImportPlan
from services.leads.api.rows import read_row
from services.leads.api.views.duplicates import candidate_view
from services.leads.api.views.imports import (
    ForeseenView,
    ImportView,
    PreviewedImportView,
    import_fields,
    import_view,
)
from services.leads.commands import imports
from services.leads.commands.imports import Plan, Read
from services.leads.importing import LARGEST, as_csv, decoded, fields_of, propose, read_sheet, rows_of
from services.leads.models import Import

router = Router(prefix="/api/leads/imports", tags=["imports"])
ROOM = 64 * 1024
"""Bytes of a form besides its file."""
PREVIEWED = 20
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "options": {"type": "string", "description": "JSON: see ImportOptions"},
                    },
                }
            }
        },
    }
}


def upload(form: FormDep) -> tuple[File, ImportOptions]:
    """The file and how it is to be read. Raises Problem 422."""
    file = form.files.get("file")
    if file is None or len(file.name) > 255:
        detail = "is needed, with a name of at most 255 letters"
        raise Problem(422, detail="There is no file.", errors=[{"pointer": "#/file", "detail": detail}])
    return file, _options(form)


def _options(form: Form) -> ImportOptions:
    said = strict_json(form.fields.get("options", "{}").encode())
    try:
        return ImportOptions.model_validate(said)
    except ValidationError as error:
        faults = faults_of(error, "#/options")
        raise Problem(422, detail="The options are not what is asked for.", errors=faults) from None


UploadDep = Annotated[tuple[File, ImportOptions], Depends(upload)]


@router.post(
    "",
    status_code=202,
    dependencies=[WRITERS, rate_limit("imports", "60/minute")],
    openapi_extra=UPLOAD,
)
@accepts(idempotency_key="derived", max_body=LARGEST + ROOM, body_seconds=30)
def upload_file(
    given: UploadDep,
    uow: Transaction,
    runtime: RuntimeDep,
    caller: CallerDep,
    key: IdempotencyKey,
    response: Response,
) -> PreviewedImportView:
    """Keeps a CSV file and, unless `start` is false, lets its rows become leads in the background.

    Columns are mapped by their headers where `mapping` does not say otherwise. Of the rows that are there
    already (same e-mail or phone) none becomes a second lead, unless `duplicates` says otherwise.
    """
    file, options = given
    text, encoding = decoded(file.raw, options.encoding)
    sheet = read_sheet(text, encoding, options.separator)
    mapping = _mapping(options, len(sheet.columns))
    plan = Plan(
        propose(sheet.columns) if mapping is None else mapping,
        options.duplicates or "skip",
        options.lead_source or "import",
        options.dry_run,
    )
    id = derived_id("import", caller.tenant, caller.user, key) if key else new_id()
    owner = caller.user if "rep" in caller.roles else None
    row = imports.store_import(uow, id, file.name, text, sheet, plan, owner)
    if (row.file_name, row.size) != (file.name, len(text.encode())):
        raise Problem(422, detail="This Idempotency-Key was used for another file.")
    if options.start and row.state == "ready":
        row = imports.start_import(uow, id)
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return _previewed(uow, runtime, row)


@router.get("")
def list_imports(uow: Transaction, paging: PagingDep) -> Page[ImportView]:
    """The tenant's imports, the newest first."""
    rows = queries.list_imports(uow, paging.after, paging.fetch)
    return paging.page(rows, position=lambda row: (row.created_at, row.id), view=import_view)


@router.get("/{job}")
def get_import(job: Id, uow: Transaction, runtime: RuntimeDep) -> PreviewedImportView:
    """One import; before its start with what would come of its first rows."""
    return _previewed(uow, runtime, queries.get_import(uow, job))


@router.post("/{job}/start", status_code=202, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def start_import(job: Id, body: ImportPlan, uow: Transaction) -> ImportView:
    """Lets the rows become leads, or says what would come of all of them (`dry_run`)."""
    row = queries.get_import(uow, job)
    known = imports.plan_of(row)
    mapping = _mapping(body, len(row.columns))
    plan = Plan(
        known.mapping if mapping is None else mapping,
        body.duplicates or known.duplicates,
        body.lead_source or known.source,
        body.dry_run,
    )
    return import_view(imports.start_import(uow, job, plan))


@router.post("/{job}/cancel", dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def cancel_import(job: Id, uow: Transaction) -> ImportView:
    """Lets no more rows become leads; those that did stay."""
    return import_view(imports.cancel_import(uow, job))


@router.get("/{job}/errors", response_class=Response)
def get_refused_rows(job: Id, uow: Transaction) -> Response:
    """The rows that became no lead, as a CSV file: line, reasons, and the cells as they were."""
    row = queries.get_import(uow, job)
    lines = (
        [str(one.line), "; ".join(_why(fault) for fault in one.why), *one.cells]
        for one in queries.refused_rows(uow, job)
    )
    text = as_csv([["line", "error", *row.columns], *lines])
    name = {"Content-Disposition": f'attachment; filename="import-{row.id}-errors.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=name)


def _why(fault: dict[str, str]) -> str:
    return f"{fault['column']}: {fault['detail']}" if fault["column"] else fault["detail"]


def _mapping(plan: ImportPlan, columns: int) -> dict[int, str] | None:
    """The columns that a plan maps. Raises Problem 422 for one that is not there, or a field meant twice."""
    if plan.mapping is None:
        return None
    faults = [
        {"pointer": f"#/mapping/{place}", "detail": "is not a column of this file"}
        for place in plan.mapping
        if int(place) >= columns
    ]
    if len(set(plan.mapping.values())) < len(plan.mapping):
        faults.append({"pointer": "#/mapping", "detail": "means one field by several columns"})
    if faults:
        raise Problem(422, detail="The mapping does not fit the file.", errors=faults)
    return {int(place): field for place, field in plan.mapping.items()}


def _previewed(uow: Transaction, runtime: RuntimeDep, row: Import) -> PreviewedImportView:
    preview = _foreseen(uow, runtime, row) if row.state == "ready" else []
    return PreviewedImportView(**import_fields(row), preview=preview)


def _foreseen(uow: Transaction, runtime: RuntimeDep, row: Import) -> list[ForeseenView]:
    """What would come of the first rows."""
    text, plan = imports.content_of(uow, row.id, most=1), imports.plan_of(row)
    first = islice(rows_of(text, row.separator), 1, 1 + PREVIEWED)
    read = imports.with_known_sources(uow, [read_row(one, plan, None, uow.now) for one in first])
    verdicts = iter(commands.foresee(uow, runtime.vault, [one.entry for one in read if one.entry]))
    seen = [(one, next(verdicts) if one.entry else None) for one in read]
    return [_seen(one, fields_of(one.row.cells, plan.mapping), verdict) for one, verdict in seen]


def _seen(read: Read, fields: dict[str, str], verdict: Any) -> ForeseenView:
    result: Any = "invalid"
    if verdict is not None:
        result = "created" if verdict.opens else verdict.decision.replace("blocked", "duplicate")
    found = [candidate_view(one) for one in verdict.candidates] if verdict else []
    errors = [dict(fault) for fault in read.faults]
    shown = {name: text[:200] for name, text in fields.items()}
    return ForeseenView(line=read.row.line, fields=shown, result=result, errors=errors, duplicates=found)
