"""The OpenAPI document tells the truth: every route answers problems, and says who may call it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chassis.http.rules import Rules

PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457. `errors` name every fault of the request.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe(rules: Rules, options: dict[str, Any]) -> dict[str, Any]:
    """Options of a route with what its rules add to its description."""
    responses = {"default": {"description": "The request was not served", "content": _CONTENT}}
    if not rules.public:
        responses["401"] = {"description": "No valid bearer token", "content": _CONTENT}
    extra: dict[str, Any] = {"security": [] if rules.public else [{"bearer": []}]}
    if "POST" in (options.get("methods") or ()) and not rules.public:
        extra["parameters"] = [_idempotency_key(required=rules.idempotency_key in ("required", "own"))]
    return options | {
        "responses": responses | (options.get("responses") or {}),
        "openapi_extra": extra | (options.get("openapi_extra") or {}),
    }


def _idempotency_key(*, required: bool) -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        "description": "The same key and body within a day give the same answer, once done.",
    }


def install(app: FastAPI) -> None:
    """Makes an app describe itself with the parts that all its routes name."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = PROBLEM
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
