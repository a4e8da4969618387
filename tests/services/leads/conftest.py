"""A leads database, and the API in front of it with callers of two tenants."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from services.leads.__main__ import SERVICE
from tests.services.house import ACME, GLOBEX, NOON, Door, House, built, opened

__all__ = ["ACME", "GLOBEX", "NOON", "Door", "House"]


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    yield from built(SERVICE, database("leads"))


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
