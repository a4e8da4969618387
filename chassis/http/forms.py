"""Forms with files, as browsers send them: read within the bounds of any body."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chassis.http.problems import Problem

LONGEST_FIELD = 64 * 1024
"""Bytes of a field that is no file."""


@dataclass(frozen=True)
class File:
    """A file as it was sent; its name and type are what the sender says."""

    name: str
    raw: bytes


@dataclass(frozen=True)
class Form:
    """Fields and files by their names; of several under one name the last."""

    fields: Mapping[str, str]
    files: Mapping[str, File]


async def read_form(request: Request) -> Form:
    """A multipart body. Raises Problem: 400 broken, 413 too large, 415 of another media type."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem(415, detail="The body must be multipart/form-data.")
    parser = MultiPartParser(
        request.headers, _once(await request.body()), max_files=5, max_fields=50, max_part_size=LONGEST_FIELD
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise Problem(400, detail=f"The body is not whole multipart/form-data: {error}") from None
    parts = form.multi_items()
    files = {name: part for name, part in parts if isinstance(part, UploadFile)}
    read = {name: File(part.filename or "", await part.read()) for name, part in files.items()}
    await form.close()
    fields = {name: part for name, part in parts if isinstance(part, str)}
    if any("\x00" in text for text in (*fields.values(), *(file.name for file in read.values()))):
        raise Problem(422, detail="No field may contain the character NUL.")
    return Form(fields, read)


async def _once(raw: bytes) -> AsyncGenerator[bytes, None]:
    yield raw


FormDep = Annotated[Form, Depends(read_form)]
"""The body of a request that brings files."""
