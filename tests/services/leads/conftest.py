"""A leads database."""

from collections.abc import Callable, Iterator

import pytest

from services.leads.__main__ import SERVICE
from tests.services.house import ACME, GLOBEX, NOON, Door, House

__all__ = ["ACME", "GLOBEX", "NOON", "Door", "House"]


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    with House.over(SERVICE, database("leads")) as house:
        yield house
