"""ETag and If-Match over an aggregate's version, so that nobody overwrites what they have not seen."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from chassis.http.problems import Problem

_TAG = re.compile(r'(W/)?"([^"]*)"')
_LONGEST = 1000


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


@dataclass(frozen=True)
class Precondition:
    """What the caller says that the version is; no tags means any version."""

    tags: frozenset[str] | None = None

    def check(self, version: int) -> None:
        """Call it under the row's lock. Raises Problem 412 when the caller saw another version."""
        if self.tags is not None and str(version) not in self.tags:
            raise Problem(412, detail="It has changed since you read it; read it again.")


def _optional(
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=_LONGEST)] = None,
) -> Precondition:
    if if_match is None or if_match.strip() == "*":
        return Precondition()
    tags = [_TAG.fullmatch(tag.strip()) for tag in if_match.split(",")]
    if not all(tags):
        raise Problem(400, detail='If-Match must be an ETag in double quotes, or "*".')
    # A weak tag never matches: RFC 9110 asks If-Match for strong comparison.
    return Precondition(frozenset(tag[2] for tag in tags if tag and not tag[1]))


def _required(
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=_LONGEST)] = None,
) -> Precondition:
    if if_match is None:
        raise Problem(428, detail="Send the ETag that you read as If-Match.")
    return _optional(if_match)


IfMatch = Annotated[Precondition, Depends(_optional)]
RequiredIfMatch = Annotated[Precondition, Depends(_required)]
