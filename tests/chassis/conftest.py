"""A sample service with tables and topics of its own, for each test that asks for one."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.chassis.sample.world import World

Databases = Callable[[str], dict[str, str]]


@pytest.fixture
def world(kafka: str, database: Databases) -> Iterator[World]:
    """The sample, empty."""
    made = World.create(f"t{uuid.uuid4().hex[:8]}", kafka, database("sample"))
    yield made
    made.database.close()
