"""Answers kept under the caller's Idempotency-Key, in the transaction of the effect (G11).

Only success is kept: an error rolls the transaction back, so there is no effect that a retry could double.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from starlette.responses import Response

from chassis.http.problems import Problem

LONGEST_KEY = 255
KEPT_HEADERS = ("content-type", "etag", "location")

answers = sa.Table(
    "idempotency_keys",
    sa.MetaData(),
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("headers", JSONB, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True)
class Attempt:
    """One request under a key: whose, and what it asked for."""

    tenant: Any
    actor: str
    key: str
    fingerprint: bytes


def checked_key(value: str | None, *, required: bool) -> str | None:
    """The key of a request, or None. Raises Problem 400: missing where required, or malformed."""
    if value is None:
        if required:
            raise Problem(400, detail="This request needs the header Idempotency-Key.")
        return None
    if not 0 < len(value) <= LONGEST_KEY or not value.isascii() or not value.isprintable():
        raise Problem(400, detail=f"Idempotency-Key must have 1 to {LONGEST_KEY} printable ASCII characters.")
    return value


def fingerprint(method: str, target: str, body: bytes) -> bytes:
    """What a request asks for; the same for an honest retry."""
    return sha256(b"\x00".join((method.encode(), target.encode(), body))).digest()


def begin(session: Any, attempt: Attempt) -> Response | None:
    """The kept answer, or None: then the request is ours to do. Blocks for the database.

    Raises Problem: 409 while another request under the key is under way, 422 if it asked for something else.
    """
    if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_lock(attempt)))):
        raise Problem(
            409, detail="A request with this Idempotency-Key is under way.", headers={"Retry-After": "1"}
        )
    kept = session.execute(
        sa.select(answers).where(
            answers.c.tenant_id == attempt.tenant,
            answers.c.actor == attempt.actor,
            answers.c.key == attempt.key,
        )
    ).one_or_none()
    if kept is None:
        return None
    if kept.fingerprint != attempt.fingerprint:
        raise Problem(422, detail="This Idempotency-Key was used for another request.")
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


def finish(session: Any, attempt: Attempt, answer: Response) -> None:
    """Keeps a successful answer, to be committed with its effect."""
    if answer.status_code >= 400:
        return
    session.execute(
        sa.insert(answers).values(
            tenant_id=attempt.tenant,
            actor=attempt.actor,
            key=attempt.key,
            fingerprint=attempt.fingerprint,
            status=answer.status_code,
            headers=_kept(answer.headers),
            body=bytes(answer.body),
        )
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in KEPT_HEADERS if name in headers}


def _lock(attempt: Attempt) -> int:
    """A lock id per tenant, actor and key; a rare collision only makes a stranger retry."""
    text = f"idempotency:{attempt.tenant}:{attempt.actor}:{attempt.key}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)
