"""Whatever is sent, the answer is one that the document of the API declares, and never a 500."""

from collections.abc import Iterable
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


def operations(document: dict[str, Any]) -> list[Any]:
    """Every operation that a document names."""
    schema = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def answer_as_declared(
    operations: Iterable[Any],
    session: requests.Session,
    address: str,
    mode: GenerationMode,
    examples: int = 20,
) -> None:
    """Sends good and bad requests to every operation and judges the answers."""
    for operation in operations:
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
            case.call_and_validate(base_url=address, session=session, checks=CHECKS, timeout=60)

        answered()


def service_answers_as_declared(door: Door, service: str, mode: GenerationMode, examples: int = 20) -> None:
    """The same, as an admin, for all of a service but the dead letters, which the chassis tests."""
    document = httpx.get(f"{door.url}/api/{service}/openapi.json", timeout=60).json()
    own = {path: told for path, told in document["paths"].items() if "dead-letters" not in path}
    with requests.Session() as session, door.client("ada", "admin") as admin:
        session.headers["Authorization"] = admin.headers["Authorization"]
        answer_as_declared(operations(document | {"paths": own}), session, door.url, mode, examples)
