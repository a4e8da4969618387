"""Routes of imports: a file uploaded, looked at, started, followed, its refused rows fetched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ValidationError

from chassis.auth import Caller
from chassis.db import UnitOfWork
from chassis.http.bodies import strict_json
from chassis.http.deps import CallerDep, IdempotencyKey, RuntimeDep, Transaction
from chassis.http.forms import File, FormDep
from chassis.http.imports.bodies import (
    ForeseenView,
    ImportOptions,
    ImportPlan,
    ImportView,
    LikelyView,
)
from chassis.http.models import Id
from chassis.http.paging import Page, PagingDep
from chassis.http.problems import ErrorTable, Problem, faults_of
from chassis.http.rates import rate_limit
from chassis.http.routing import Router
from chassis.http.rules import accepts
from chassis.ids import derived_id, new_id
from chassis.imports import (
    LARGEST,
    Fault,
    Import,
    Importable,
    ImportNotFound,
    ImportNotNow,
    Outcome,
    Plan,
    Read,
    Unreadable,
    as_csv,
    cancel_import,
    content_of,
    decoded,
    get_import,
    list_imports,
    plan_of,
    read_sheet,
    refused_rows,
    rows_of,
    start_import,
    store_import,
)
from chassis.imports.work import entries_of, outcomes

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
ERRORS: ErrorTable = {
    ImportNotFound: (404, "Import not found"),
    ImportNotNow: (409, "Not possible in this state"),
    Unreadable: (422, "The file cannot be read"),
}
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
                        "options": {
                            "type": "string",
                            "description": "JSON: what a start is told, and encoding, separator, start",
                        },
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True)
class Door:
    """How imports of a kind are spoken of at the API."""

    kind: Importable[Any]
    writers: Any
    """Dependency that lets in who may import."""
    plan: type[ImportPlan]
    options: type[ImportOptions]
    view: type[ImportView]
    previewed: Any
    """The view, and a PreviewedView."""
    planned: Callable[[UnitOfWork, Caller, Any, Plan | None], Plan]
    """What a caller wants, over what is planned already: None at the upload. The mapping is not its part."""

    @property
    def address(self) -> str:
        """Where imports are."""
        return f"/api/{self.kind.service}/imports"


def with_types(**types: Any) -> Callable[[Endpoint], Endpoint]:
    """Says of parameters, and of the `return`, what they are of this kind."""

    def say(endpoint: Endpoint) -> Endpoint:
        endpoint.__annotations__ |= types
        return endpoint

    return say


def import_router(door: Door) -> Router:
    """The routes under `/api/<service>/imports`."""
    router = Router(prefix=door.address, tags=["imports"])
    _take_uploads(router, door)
    _show_jobs(router, door)
    _move_jobs(router, door)
    return router


def _take_uploads(router: Router, door: Door) -> None:
    upload = _upload(door)

    @router.post(
        "",
        status_code=202,
        dependencies=[door.writers, rate_limit("imports", "60/minute")],
        openapi_extra=UPLOAD,
    )
    @accepts(idempotency_key="derived", max_body=LARGEST + ROOM, body_seconds=30)
    @with_types(given=Annotated[tuple[File, ImportOptions], Depends(upload)], **{"return": door.previewed})
    def upload_file(
        given: tuple[File, ImportOptions],
        uow: Transaction,
        runtime: RuntimeDep,
        caller: CallerDep,
        key: IdempotencyKey,
        response: Response,
    ) -> ImportView:
        """Keeps a CSV file and, unless `start` is false, lets its rows be taken in in the background.

        Columns are mapped by their headers where `mapping` does not say otherwise. Of the rows that are there
        already none is taken in again, unless `duplicates` says otherwise.
        """
        file, options = given
        id = derived_id("import", caller.tenant, caller.user, key) if key else new_id()
        row = _stored(door, uow, caller, id, file, options)
        if options.start and row.state == "ready":
            row = start_import(uow, id)
        response.headers["Location"] = f"{router.prefix}/{row.id}"
        return _previewed(door, uow, runtime, row)


def _show_jobs(router: Router, door: Door) -> None:
    @router.get("")
    @with_types(**{"return": Page[door.view]})  # type: ignore[name-defined]
    def list_files(uow: Transaction, paging: PagingDep) -> Page[ImportView]:
        """The tenant's imports, the newest first."""
        rows = list_imports(uow, paging.after, paging.fetch)
        return paging.page(rows, lambda row: (row.created_at, row.id), lambda row: _view(door, row))

    @router.get("/{job}")
    @with_types(**{"return": door.previewed})
    def get_file(job: Id, uow: Transaction, runtime: RuntimeDep) -> ImportView:
        """One import; before its start with what would come of its first rows."""
        return _previewed(door, uow, runtime, get_import(uow, job))

    @router.get("/{job}/errors", response_class=Response)
    def get_refused_rows(job: Id, uow: Transaction) -> Response:
        """The rows of which nothing came, as a CSV file: line, reasons, and the cells as they were."""
        return _error_file(uow, get_import(uow, job))


def _move_jobs(router: Router, door: Door) -> None:
    @router.post("/{job}/start", status_code=202, dependencies=[door.writers])
    @accepts(idempotency_key="optional")
    @with_types(body=door.plan, **{"return": door.view})
    def start_file(job: Id, body: ImportPlan, uow: Transaction, caller: CallerDep) -> ImportView:
        """Lets the rows be taken in, or says what would come of all of them (`dry_run`)."""
        row = get_import(uow, job)
        known = plan_of(row)
        plan = door.planned(uow, caller, body, known)
        mapping = _mapping(body, row.columns, known.mapping)
        return _view(door, start_import(uow, job, replace(plan, mapping=mapping, dry_run=body.dry_run)))

    @router.post("/{job}/cancel", dependencies=[door.writers])
    @accepts(idempotency_key="optional")
    @with_types(**{"return": door.view})
    def cancel_file(job: Id, uow: Transaction) -> ImportView:
        """Lets no more rows be taken in; what came of the others stays."""
        return _view(door, cancel_import(uow, job))


def row_faults(error: ValidationError) -> list[Fault]:
    """What is wrong with a row, by its columns, as a body of the API would be told."""
    return [Fault(one["pointer"].removeprefix("#/"), one["detail"]) for one in faults_of(error)]


def _upload(door: Door) -> Callable[[FormDep], tuple[File, ImportOptions]]:
    def upload(form: FormDep) -> tuple[File, ImportOptions]:
        """The file and how it is to be read. Raises Problem 422."""
        file = form.files.get("file")
        if file is None or len(file.name) > 255:
            detail = "is needed, with a name of at most 255 letters"
            errors = [{"pointer": "#/file", "detail": detail}]
            raise Problem(422, detail="There is no file.", errors=errors)
        said = strict_json(form.fields.get("options", "{}").encode())
        try:
            return file, door.options.model_validate(said)
        except ValidationError as error:
            faults = faults_of(error, "#/options")
            raise Problem(422, detail="The options are not what is asked for.", errors=faults) from None

    return upload


def _stored(
    door: Door, uow: UnitOfWork, caller: Caller, id: UUID, file: File, options: ImportOptions
) -> Import:
    """The import of a file. Raises Unreadable; Problem 422 where the id is that of another file."""
    text, encoding = decoded(file.raw, options.encoding)
    sheet = read_sheet(text, encoding, options.separator)
    mapping = _mapping(options, sheet.columns, door.kind.headers(uow).propose(sheet.columns))
    plan = replace(door.planned(uow, caller, options, None), mapping=mapping, dry_run=options.dry_run)
    row = store_import(uow, id, file.name, text, sheet, plan)
    if (row.file_name, row.size) != (file.name, len(text.encode())):
        raise Problem(422, detail="This Idempotency-Key was used for another file.")
    return row


def _mapping(plan: ImportPlan, columns: Sequence[str], known: Mapping[int, str]) -> Mapping[int, str]:
    """The columns that a plan maps, else those known. Raises Problem 422 where it does not fit the file."""
    if plan.mapping is None:
        return known
    faults = [
        {"pointer": f"#/mapping/{place}", "detail": "is not a column of this file"}
        for place in plan.mapping
        if int(place) >= len(columns)
    ]
    if len(set(plan.mapping.values())) < len(plan.mapping):
        faults.append({"pointer": "#/mapping", "detail": "means one field by several columns"})
    if faults:
        raise Problem(422, detail="The mapping does not fit the file.", errors=faults)
    return {int(place): field for place, field in plan.mapping.items()}


def _view(door: Door, row: Import) -> ImportView:
    return door.view(**_fields(door, row))


def _fields(door: Door, row: Import) -> dict[str, Any]:
    """The fields of an import as the API shows them, with what the service itself was told."""
    derived = {
        **row.given,
        "columns": [
            {"index": n, "header": header, "field": row.mapping.get(str(n))}
            for n, header in enumerate(row.columns)
        ],
        "errors": f"{door.address}/{row.id}/errors",
    }
    return {name: derived.get(name, getattr(row, name, None)) for name in door.view.model_fields}


def _previewed(door: Door, uow: UnitOfWork, runtime: Any, row: Import) -> ImportView:
    preview = _foreseen(door, uow, runtime, row) if row.state == "ready" else []
    seen: ImportView = door.previewed(**_fields(door, row), preview=preview)
    return seen


def _foreseen(door: Door, uow: UnitOfWork, runtime: Any, row: Import) -> list[ForeseenView]:
    """What would come of the first rows."""
    kind, plan = door.kind, plan_of(row)
    first = islice(rows_of(content_of(uow, row.id, most=1), row.separator), 1, 1 + PREVIEWED)
    read = [kind.read(one, plan, uow.now) for one in first]
    came = outcomes(read, kind.foresee(uow, runtime.vault, plan, entries_of(read)))
    return [_seen(kind, plan, *pair) for pair in zip(read, came, strict=True)]


def _seen(kind: Importable[Any], plan: Plan, read: Read[Any], outcome: Outcome) -> ForeseenView:
    shown = {name: str(said)[:200] for name, said in kind.fields(read.row.cells, plan.mapping).items()}
    return ForeseenView(
        line=read.row.line,
        fields=shown,
        result=outcome.result,
        errors=[fault._asdict() for fault in outcome.why if outcome.result == "invalid"],
        duplicates=[LikelyView(**one) for one in outcome.candidates],
    )


def _error_file(uow: UnitOfWork, row: Import) -> Response:
    lines = (
        [str(one.line), "; ".join(_why(fault) for fault in one.why), *one.cells]
        for one in refused_rows(uow, row.id)
    )
    text = as_csv([["line", "error", *row.columns], *lines])
    name = {"Content-Disposition": f'attachment; filename="import-{row.id}-errors.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=name)


def _why(fault: Mapping[str, str]) -> str:
    return f"{fault['column']}: {fault['detail']}" if fault["column"] else fault["detail"]
