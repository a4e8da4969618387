"""The API in front of a service's house, and who knocks."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.house import Door, House, opened


@pytest.fixture
def door(house: House, tmp_path: Path) -> Iterator[Door]:
    """The API over a real database."""
    yield from opened(house, tmp_path)


@pytest.fixture
def ana(door: Door) -> Iterator[httpx.Client]:
    """A rep of ACME."""
    with door.client() as client:
        yield client


@pytest.fixture
def ada(door: Door) -> Iterator[httpx.Client]:
    """An admin of ACME."""
    with door.client("ada", "admin") as client:
        yield client
