"""The Segment-compatible front door: 202 once the broker has the events, with a result for each of them."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from chassis.http import Problem, Router, RuntimeDep, accepts, read_body, strict_json
from services.engagement.api.admission import LARGEST_BATCH, admitted, count, deliver, intake
from services.engagement.domain import InvalidEvent, read_time
from services.engagement.intake import Outcome

router = Router(tags=["events"])


@router.post("/v1/batch", status_code=202)
@accepts(public=True, max_body=LARGEST_BATCH)
async def batch(request: Request, runtime: RuntimeDep) -> JSONResponse:
    """Takes up to 2,500 events in Segment's shape. One that cannot be taken does not refuse the others."""
    grant = await admitted(request, runtime)
    body = events_of(await read_body(request, LARGEST_BATCH))
    if not isinstance(body, dict) or not isinstance(body.get("batch"), list):
        raise _invalid("#/batch", "must be a list of events")
    items = body["batch"]
    count(request, runtime, grant, len(items))
    sent = _sent_at(body)

    def take() -> list[Outcome]:
        outcomes = intake(runtime, grant, sent).take(items)
        deliver(request, runtime, outcomes)
        return outcomes

    return answer(await run_in_threadpool(take), lambda index: f"#/batch/{index}")


def _sent_at(body: dict[str, Any]) -> int | None:
    try:
        return None if body.get("sentAt") is None else read_time(body["sentAt"], "/sentAt")
    except InvalidEvent as fault:
        raise _invalid(f"#{fault.pointer}", fault.reason) from None


async def _single(request: Request, runtime: RuntimeDep, type: str) -> JSONResponse:
    """One event, whose type is in the path. Raises Problem: 413 over 32 KB, 422 for what is not valid."""
    grant = await admitted(request, runtime)
    event = events_of(await read_body(request, LARGEST_BATCH))
    count(request, runtime, grant, 1)
    if isinstance(event, dict):
        event = {**event, "type": type}
        event.pop("writeKey", None)

    def take() -> list[Outcome]:
        outcomes = intake(runtime, grant).take([event])
        deliver(request, runtime, outcomes)
        return outcomes

    return answer(await run_in_threadpool(take), lambda index: "#")


def _route(type: str) -> None:
    @router.post(f"/v1/{type}", status_code=202, name=type, summary=f"Takes one {type} event")
    @accepts(public=True, max_body=LARGEST_BATCH)
    async def one(request: Request, runtime: RuntimeDep) -> JSONResponse:
        return await _single(request, runtime, type)


for _type in ("track", "identify", "page", "screen", "group", "alias"):
    _route(_type)


def events_of(raw: bytes) -> Any:
    """A body of events as JSON. A NUL in one event is that event's fault, so it passes here.

    Raises Problem 400 or 422 for a body that as a whole is not acceptable.
    """
    if b"\\u0000" not in raw:
        return strict_json(raw)
    strict_json(raw.replace(b"\\u0000", b"\\u0001"))
    return json.loads(raw)


def answer(outcomes: list[Outcome], pointer: Callable[[int], str]) -> JSONResponse:
    """202 with a result for each event; a Problem (422, 413) when not one of them was taken.

    A rejected event is kept: it is listed with its reason and can be fixed and replayed (F71).
    """
    faults = [
        {"pointer": pointer(index) + outcome.fault.pointer, "detail": outcome.fault.reason}
        for index, outcome in enumerate(outcomes)
        if outcome.fault
    ]
    results = [_result(outcome) for outcome in outcomes]
    if len(faults) == len(outcomes):
        status = 413 if all(outcome.too_large for outcome in outcomes) else 422
        raise Problem(
            status, detail="No event was taken. They are kept as rejected.", errors=faults, results=results
        )
    accepted = len(outcomes) - len(faults)
    body = {"success": True, "accepted": accepted, "rejected": len(faults), "results": results}
    return JSONResponse(body, 202)


def _result(outcome: Outcome) -> dict[str, Any]:
    result: dict[str, Any] = {
        "message_id": outcome.record["message_id"] if outcome.generated else outcome.message_id,
        "event_id": str(outcome.event_id),
        "status": "rejected" if outcome.fault else "accepted",
    }
    if outcome.generated:
        result["message_id_generated"] = True  # resending it would count again: the sender should give ids
    if outcome.fault:
        result |= {"reason": outcome.fault.reason, "field": outcome.fault.pointer}
    return result


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(422, detail="The body is not valid.", errors=[{"pointer": pointer, "detail": detail}])
