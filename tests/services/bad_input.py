"""Whatever is sent to a service, the answer is one that its document declares, and never a 500."""

from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.services.house import Door

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def operations(door: Door, service: str) -> list[Any]:
    """Every operation that the service's document names, but the dead letters, which the chassis tests."""
    document = httpx.get(f"{door.url}/api/{service}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return [operation for operation in found if "dead-letters" not in operation.path]


def answer_as_declared(door: Door, service: str, mode: GenerationMode, examples: int = 20) -> None:
    """Sends good and bad requests to every operation, as an admin, and judges the answers."""
    with requests.Session() as session, door.client("ada", "admin") as admin:
        session.headers["Authorization"] = admin.headers["Authorization"]
        for operation in operations(door, service):
            strategy = st.one_of(operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(mode))

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy)
            def answered(case: Any) -> None:
                case.call_and_validate(base_url=door.url, session=session, checks=CHECKS)

            answered()
