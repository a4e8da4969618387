"""The document of the API is true: whatever is sent, the answer is one that it declares, and never a 500."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
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

from tests.chassis.http import notes
from tests.chassis.http.conftest import Client

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NEVER_WELL = {"/api/notes/broken/bug", "/api/notes/busy"}


@pytest.fixture
def operations(address: str, client: Client) -> list[Any]:
    """Every operation that the document names, but those that are there to fail."""
    document = httpx.get(f"{address}/api/notes/openapi.json").json()
    for path in NEVER_WELL:
        del document["paths"][path]
    schema = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture
def session(client: Client) -> Iterator[requests.Session]:
    """A signed-in caller."""
    notes.gate.set()
    with requests.Session() as found:
        found.headers["Authorization"] = client("ana", uuid4(), ("admin",)).headers["Authorization"]
        yield found


@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_that_can_be_sent_gets_an_undeclared_answer(
    operations: list[Any], session: requests.Session, address: str, mode: GenerationMode
) -> None:
    for operation in operations:
        strategy = st.one_of(operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(mode))

        @settings(
            max_examples=20,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def answered(case: Any) -> None:
            case.call_and_validate(base_url=address, session=session, checks=CHECKS)

        answered()
