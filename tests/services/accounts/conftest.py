"""An accounts database."""

from collections.abc import Callable, Iterator

import pytest

from services.accounts.__main__ import SERVICE
from tests.services.house import House


@pytest.fixture
def house(database: Callable[[str], dict[str, str]]) -> Iterator[House]:
    """A fresh, migrated database."""
    with House.over(SERVICE, database("accounts")) as house:
        yield house
