"""Write keys in browsers: a public key is good only on pages of the origins that its source names.

The browser asks beforehand without the key, so every page may ask; the key decides when the events come.
"""

from fastapi import Request
from starlette.responses import Response

from chassis.http import Problem, Router, accepts
from services.engagement.write_keys import Grant

router = Router(tags=["events"])

ASK_AGAIN_SECONDS = 600
ASKED = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, content-encoding, traceparent",
    "Access-Control-Max-Age": str(ASK_AGAIN_SECONDS),
}


@router.options("/v1/{call}", status_code=204)
@accepts(public=True)
async def asked_beforehand(call: str, request: Request) -> Response:
    """What a browser asks before it sends events from a page of another origin."""
    origin = request.headers.get("origin")
    return Response(status_code=204, headers={**ASKED, **_readable_by(origin)} if origin else None)


def check_origin(request: Request, grant: Grant) -> None:
    """Lets pages of the source's origins read the answer. Raises Problem 403 for all other pages."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    if origin not in grant.origins:
        raise Problem(403, detail="This key is not for pages of this origin; its source names those.")
    request.state.answer_headers = _readable_by(origin)


def _readable_by(origin: str) -> dict[str, str]:
    shown = "Retry-After, X-Request-Id"
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": shown, "Vary": "Origin"}
