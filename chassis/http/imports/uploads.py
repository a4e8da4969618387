"""Files as they are sent: read with their options, kept as imports that nobody has started yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from chassis.auth import Caller
from chassis.db import UnitOfWork
from chassis.http.bodies import strict_json
from chassis.http.forms import File, FormDep
from chassis.http.imports.bodies import ImportOptions, ImportPlan
from chassis.http.imports.door import Door
from chassis.http.problems import Problem, faults_of
from chassis.imports import Import, decoded, read_sheet, store_import

UPLOAD: Final = {
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
"""What OpenAPI says of the form."""


def upload(door: Door) -> Callable[[FormDep], tuple[File, ImportOptions]]:
    """The dependency that reads an uploaded file and its options."""

    def uploaded(form: FormDep) -> tuple[File, ImportOptions]:
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

    return uploaded


def stored(
    door: Door, uow: UnitOfWork, caller: Caller, id: UUID, file: File, options: ImportOptions
) -> Import:
    """The import of a file. Raises Unreadable; Problem 422 where the id is that of another file."""
    text, encoding = decoded(file.raw, options.encoding)
    sheet = read_sheet(text, encoding, options.separator)
    mapping = mapping_of(options, sheet.columns, door.kind.headers(uow).propose(sheet.columns))
    plan = replace(door.planned(uow, caller, options, None), mapping=mapping, dry_run=options.dry_run)
    row = store_import(uow, id, file.name, text, sheet, plan)
    if (row.file_name, row.size) != (file.name, len(text.encode())):
        raise Problem(422, detail="This Idempotency-Key was used for another file.")
    return row


def mapping_of(plan: ImportPlan, columns: Sequence[str], known: Mapping[int, str]) -> Mapping[int, str]:
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
