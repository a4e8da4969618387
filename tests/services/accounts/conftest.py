"""An accounts database, and the API in front of it with callers of two tenants."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from services.accounts.__main__ import SERVICE
from tests.services.house import Door, House, built, opened


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    yield from built(SERVICE, database("accounts"))


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
