"""What bodies and answers are made of: strict requests, ids, times."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
)
from pydantic_core import CoreSchema

LONGEST_TEXT = 10_000
"""Characters of a text whose field says nothing else."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _canonical(value: Any) -> Any:
    """Takes the dashed form only, in either case: not braces, not urn:uuid, not 32 digits in a row."""
    if isinstance(value, str) and not _UUID.fullmatch(value):
        raise ValueError("must be a UUID")
    return value


def _rfc3339(value: Any) -> Any:
    """Takes text with a zone, not numbers, of which seconds or milliseconds would be a guess."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be a date and time with zone, such as 2026-03-01T09:30:00Z")
    return value


def _iso_day(value: Any) -> Any:
    """Takes a day as text, not a number or a time, of which the day would be a guess."""
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("must be a day, such as 2026-03-01")
    if not isinstance(value, str | date) or isinstance(value, datetime):
        raise ValueError("must be a day, such as 2026-03-01")
    return value


def _day_in_range(value: date) -> date:
    if not _EARLIEST.date() <= value < _LATEST.date():
        raise ValueError("must be a day between the years 1900 and 2200")
    return value


def _in_range(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("must be a time between the years 1900 and 2200")
    return value.astimezone(UTC)


Id = Annotated[UUID, BeforeValidator(_canonical)]
"""A UUID in a path (malformed: 404) or a body (malformed: 422)."""

Timestamp = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_in_range)]
"""An RFC 3339 time with its zone; UTC once read."""

Day = Annotated[date, BeforeValidator(_iso_day), AfterValidator(_day_in_range)]
"""A calendar day, ISO 8601."""


def _make_strict(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("type") in ("int", "float", "bool", "decimal"):
            schema["strict"] = True
        for part in schema.values():
            _make_strict(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            _make_strict(part)


class RequestModel(BaseModel):
    """Base of every body: unknown and read-only fields refused, no coercion, texts trimmed and bounded."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        str_max_length=LONGEST_TEXT,
        allow_inf_nan=False,
        frozen=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Numbers and truth values must be such: "5" is no number, 1 is not true."""
        schema = handler(source)
        _make_strict(schema)
        return schema


class Confirmed(RequestModel):
    """Body of what cannot be undone, so that no stray call does it."""

    confirm: Literal[True]


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
