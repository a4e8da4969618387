"""Routes of imports: a file uploaded, looked at, started, followed, its refused rows fetched."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Response
from pydantic import ValidationError

from chassis.http.deps import CallerDep, IdempotencyKey, RuntimeDep, Transaction
from chassis.http.forms import File
from chassis.http.imports.bodies import ImportOptions, ImportPlan, ImportView
from chassis.http.imports.door import Door
from chassis.http.imports.showing import error_file, previewed, view
from chassis.http.imports.uploads import UPLOAD, mapping_of, stored, upload
from chassis.http.models import Id
from chassis.http.paging import Page, PagingDep
from chassis.http.problems import ErrorTable, faults_of
from chassis.http.rates import rate_limit
from chassis.http.routing import Router
from chassis.http.rules import accepts
from chassis.ids import derived_id, new_id
from chassis.imports import (
    LARGEST,
    Fault,
    ImportNotFound,
    ImportNotNow,
    Unreadable,
    cancel_import,
    get_import,
    list_imports,
    plan_of,
    start_import,
)

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
ERRORS: ErrorTable = {
    ImportNotFound: (404, "Import not found"),
    ImportNotNow: (409, "Not possible in this state"),
    Unreadable: (422, "The file cannot be read"),
}
ROOM = 64 * 1024
"""Bytes of a form besides its file."""


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
    uploaded = upload(door)

    @router.post(
        "",
        status_code=202,
        dependencies=[door.writers, rate_limit("imports", "60/minute")],
        openapi_extra=UPLOAD,
    )
    @accepts(idempotency_key="derived", max_body=LARGEST + ROOM, body_seconds=30)
    @with_types(given=Annotated[tuple[File, ImportOptions], Depends(uploaded)], **{"return": door.previewed})
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
        row = stored(door, uow, caller, id, file, options)
        if options.start and row.state == "ready":
            row = start_import(uow, id)
        response.headers["Location"] = f"{router.prefix}/{row.id}"
        return previewed(door, uow, runtime, row)


def _show_jobs(router: Router, door: Door) -> None:
    @router.get("")
    @with_types(**{"return": Page[door.view]})  # type: ignore[name-defined]
    def list_files(uow: Transaction, paging: PagingDep) -> Page[ImportView]:
        """The tenant's imports, the newest first."""
        rows = list_imports(uow, paging.after, paging.fetch)
        return paging.page(rows, lambda row: (row.created_at, row.id), lambda row: view(door, row))

    @router.get("/{job}")
    @with_types(**{"return": door.previewed})
    def get_file(job: Id, uow: Transaction, runtime: RuntimeDep) -> ImportView:
        """One import; before its start with what would come of its first rows."""
        return previewed(door, uow, runtime, get_import(uow, job))

    @router.get("/{job}/errors", response_class=Response)
    def get_refused_rows(job: Id, uow: Transaction) -> Response:
        """The rows of which nothing came, as a CSV file: line, reasons, and the cells as they were."""
        return error_file(uow, get_import(uow, job))


def _move_jobs(router: Router, door: Door) -> None:
    @router.post("/{job}/start", status_code=202, dependencies=[door.writers])
    @accepts(idempotency_key="optional")
    @with_types(body=door.plan, **{"return": door.view})
    def start_file(job: Id, body: ImportPlan, uow: Transaction, caller: CallerDep) -> ImportView:
        """Lets the rows be taken in, or says what would come of all of them (`dry_run`)."""
        row = get_import(uow, job)
        known = plan_of(row)
        plan = door.planned(uow, caller, body, known)
        mapping = mapping_of(body, row.columns, known.mapping)
        return view(door, start_import(uow, job, replace(plan, mapping=mapping, dry_run=body.dry_run)))

    @router.post("/{job}/cancel", dependencies=[door.writers])
    @accepts(idempotency_key="optional")
    @with_types(**{"return": door.view})
    def cancel_file(job: Id, uow: Transaction) -> ImportView:
        """Lets no more rows be taken in; what came of the others stays."""
        return view(door, cancel_import(uow, job))


def row_faults(error: ValidationError) -> list[Fault]:
    """What is wrong with a row, by its columns, as a body of the API would be told."""
    return [Fault(one["pointer"].removeprefix("#/"), one["detail"]) for one in faults_of(error)]
