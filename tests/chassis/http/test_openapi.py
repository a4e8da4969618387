"""The document of the API is true: whatever is sent, the answer is one that it declares, and never a 500."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
import requests
from schemathesis import GenerationMode

from tests.bad_input import answer_as_declared, operations
from tests.chassis.http import notes
from tests.chassis.http.conftest import Client

NEVER_WELL = {"/api/notes/broken/bug", "/api/notes/busy"}


@pytest.fixture
def session(client: Client) -> Iterator[requests.Session]:
    """A signed-in caller."""
    notes.gate.set()
    with requests.Session() as found:
        found.headers["Authorization"] = client("ana", uuid4(), ("admin",)).headers["Authorization"]
        yield found


@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_that_can_be_sent_gets_an_undeclared_answer(
    session: requests.Session, address: str, mode: GenerationMode
) -> None:
    document = httpx.get(f"{address}/api/notes/openapi.json").json()
    for path in NEVER_WELL:  # they are there to fail
        del document["paths"][path]
    answer_as_declared(operations(document), session, address, mode)
