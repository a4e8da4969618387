"""Who stands at the front door: the write key of a request, its rate, and what is done with the events."""

import base64
import binascii
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from chassis.clock import millis
from chassis.db import DatabaseUnavailable
from chassis.headers import cloud_event
from chassis.http import Problem, enforce_rate, unavailable
from chassis.producer import Overloaded, Sendable
from chassis.telemetry import current_trace
from services.engagement.api.browsers import check_origin
from services.engagement.intake import Intake, Outcome
from services.engagement.write_keys import Grant, UnknownWriteKey, doorkeeper

if TYPE_CHECKING:
    from chassis.service import Runtime

TOPIC = "engagement.received"
RECORD = "EngagementReceived"
LARGEST_BATCH = 500 * 1024
"""Bytes of a request, unpacked (F68)."""
MOST_EVENTS = 2_500
SLOW = "The event log does not take events at the moment. Send them again with the same ids."


async def admitted(request: Request, runtime: "Runtime") -> Grant:
    """What the request's write key allows.

    Raises Problem: 401, 403 on a page of another origin, 503 for a new key without a database.
    """
    grant = await _grant(request, runtime)
    check_origin(request, grant)
    return grant


async def _grant(request: Request, runtime: "Runtime") -> Grant:
    keeper = doorkeeper(runtime)
    try:
        key = _key_of(request.headers.getlist("authorization"))
        if (known := keeper.remembered(key)) is not None:
            return known
        return await run_in_threadpool(keeper.grant, key)
    except UnknownWriteKey:
        raise Problem(
            401,
            detail="A valid write key is needed, as user name (Basic) or as bearer.",
            headers={"WWW-Authenticate": 'Basic realm="salescompass"'},
        ) from None
    except DatabaseUnavailable:
        raise unavailable("This write key cannot be looked up at the moment.") from None


def _key_of(headers: Sequence[str]) -> str:
    """The write key of an Authorization header. Raises UnknownWriteKey."""
    if len(headers) != 1:
        raise UnknownWriteKey("not one Authorization header")
    scheme, _, value = headers[0].partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        raise UnknownWriteKey("another scheme")
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise UnknownWriteKey("not Basic") from None


def count(request: Request, runtime: "Runtime", grant: Grant, events: int) -> None:
    """Counts events against the key. Raises Problem: 413 too many, 422 none, 429 too often."""
    if events == 0:
        raise Problem(422, detail="There is no event in it.", errors=[{"pointer": "#", "detail": "is empty"}])
    if events > MOST_EVENTS:
        raise Problem(413, detail=f"At most {MOST_EVENTS} events at once.")
    allowed = f"{runtime.settings.events_per_second}/second"
    enforce_rate(request, "front-door", allowed, str(grant.key), cost=events)


def intake(runtime: "Runtime", grant: Grant, sent: int | None = None) -> Intake:
    """Judges the events of one request, by the business clock."""
    received = millis(runtime.clock.now())
    return Intake(grant.tenant, grant.source, grant.kinds, received, runtime.vault.email_hash, sent)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of every record of one request have in common."""

    type: str
    traceparent: str | None
    correlation: str

    def around(self, runtime: "Runtime", outcome: Outcome) -> Sendable:
        """The record, ready for the wire."""
        record = outcome.record
        headers = cloud_event(
            id=record["event_id"],
            type=self.type,
            source="/engagement",
            subject=outcome.key.partition(":")[2],
            tenant=record["tenant_id"],
            correlation=self.correlation,
            traceparent=self.traceparent,
        )
        value = runtime.codec.encode(TOPIC, RECORD, record)
        return Sendable(TOPIC, outcome.key.encode(), value, headers)


def deliver(request: Request, runtime: "Runtime", outcomes: Sequence[Outcome]) -> None:
    """Returns when the broker has every record, also of rejected events. Blocks. Raises Problem 503."""
    trace = current_trace()
    envelope = Envelope(
        runtime.catalogue.full_name(TOPIC, RECORD),
        trace.traceparent if trace else request.headers.get("traceparent"),
        request.state.request_id,
    )
    began = time.monotonic()
    try:
        causes = runtime.producer.send([envelope.around(runtime, outcome) for outcome in outcomes])
    except Overloaded:
        raise unavailable(SLOW, retry_after=1) from None
    if any(causes):
        raise unavailable(SLOW, retry_after=5 if time.monotonic() - began > 1 else 1)
